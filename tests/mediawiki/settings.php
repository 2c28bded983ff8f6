<?php
/**
 * What the test wiki sets besides what MediaWiki's installer writes; LocalSettings.php ends by
 * requiring this file. Everything stays in the wiki's directory, nothing runs by chance, and the
 * rights are those of a larger wiki where a test needs them. No skins, no extensions, no cache
 * that outlives a request: answers are MediaWiki's own.
 */

$wikiDirectory = dirname( MW_CONFIG_FILE );

// The port is not known before the server runs. Maintenance scripts need no address.
$wgServer = 'http://' . ( $_SERVER['HTTP_HOST'] ?? '127.0.0.1' );
$wgScriptPath = '';

$wgCacheDirectory = "$wikiDirectory/cache";
$wgLocalisationCacheConf['store'] = 'array';
$wgMainCacheType = CACHE_NONE;
$wgParserCacheType = CACHE_NONE;
$wgMessageCacheType = CACHE_NONE;

// Nobody needs this wiki after a crash, and a busy disk would hold up its setup.
$wgDBservers = [ [
	'type' => 'sqlite',
	'dbname' => $wgDBname,
	'tablePrefix' => '',
	'variables' => [ 'synchronous' => 'OFF' ],
	'flags' => DBO_DEFAULT,
	'load' => 1,
] ];
$wgJobTypeConf['default']['server']['variables']['synchronous'] = 'OFF';
$wgObjectCaches[CACHE_DB]['server']['variables']['synchronous'] = 'OFF';

$wgJobRunRate = 0;
$wgPingback = false;
$wgEnableEmail = false;
$wgEnableUploads = false;
$wgUseInstantCommons = false;

// As most Wikipedias have it, so that a new account differs from an old one.
$wgAutoConfirmAge = 4 * 86400;
$wgAutoConfirmCount = 10;
$wgGroupPermissions['autopatrolled']['autopatrol'] = true;
$wgGroupPermissions['suppress']['suppressrevision'] = true;
