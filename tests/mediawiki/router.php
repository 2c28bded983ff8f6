<?php
/**
 * The router of PHP's own server: hands api.php to the installed MediaWiki, compresses the answer
 * where the client accepts that (as the servers in front of real wikis do), and appends one JSON
 * line for each request to requests.log in the wiki's directory, before the client has its answer.
 *
 * A line has numbers and parameters' names, never their values. Nothing but api.php is served.
 */

// One call at the end of the request: the buffer cannot be flushed before.
ob_start( 'finishAnswer', 0, PHP_OUTPUT_HANDLER_CLEANABLE | PHP_OUTPUT_HANDLER_REMOVABLE );

if ( requestPath() !== '/api.php' ) {
	http_response_code( 404 );
	return true;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/api.php';
$_SERVER['SCRIPT_FILENAME'] = getenv( 'MW_INSTALL_PATH' ) . '/api.php';
unset( $_SERVER['PATH_INFO'] );
require $_SERVER['SCRIPT_FILENAME'];
return true;

function requestPath(): string {
	return explode( '?', $_SERVER['REQUEST_URI'], 2 )[0];
}

/** The output buffer's last call: compresses the body, and logs the request. */
function finishAnswer( string $body, int $phase ): string {
	if ( $phase & PHP_OUTPUT_HANDLER_CLEAN ) {
		return '';
	}
	$gzip = (bool)preg_match( '/\bgzip\b/', $_SERVER['HTTP_ACCEPT_ENCODING'] ?? '' );
	if ( $gzip ) {
		$body = gzencode( $body );
		header( 'Content-Encoding: gzip' );
	}
	header( 'Content-Length: ' . strlen( $body ) );
	logRequest( $gzip );
	return $body;
}

function logRequest( bool $gzip ): void {
	$parameters = $_GET + $_POST;
	$line = [
		'method' => $_SERVER['REQUEST_METHOD'],
		'path' => requestPath(),
		'parameters' => array_keys( $parameters ),
		'revids' => countValues( $parameters['revids'] ?? '' ),
		'ususers' => countValues( $parameters['ususers'] ?? '' ),
		'status' => http_response_code(),
		'gzip' => $gzip,
	];
	$log = dirname( getenv( 'MW_CONFIG_FILE' ) ) . '/requests.log';
	file_put_contents( $log, json_encode( $line, JSON_UNESCAPED_SLASHES ) . "\n", FILE_APPEND | LOCK_EX );
}

/** How many values a parameter has, joined as the Action API allows: by `|`, or by U+001F with one in front. */
function countValues( string $joined ): int {
	$values = $joined !== '' && $joined[0] === "\x1f"
		? explode( "\x1f", substr( $joined, 1 ) )
		: explode( '|', $joined );
	return $joined === '' ? 0 : count( $values );
}
