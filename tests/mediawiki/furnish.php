<?php
/**
 * Fills a freshly installed wiki for tests: imports the project's sample dump, plays one revision
 * of each kind that a scoring service meets (by whom, and what of it is hidden or gone), and writes
 * down what they are: wiki.json has the revision ids by case, texts.json what MediaWiki's own
 * classes say of those that can be scored. Written against MediaWiki 1.39.
 *
 * It is apart from any client of the Action API, so that answers can be compared with it: it never
 * asks api.php. It writes through page updater, RevisionDeleter and DeletePage, never to the
 * database; only which imported revisions there are is read from there. All texts are our own,
 * addresses and domains are reserved ones.
 */
require_once getenv( 'MW_INSTALL_PATH' ) . '/maintenance/Maintenance.php';

use MediaWiki\MediaWikiServices;
use MediaWiki\Revision\RevisionRecord;
use MediaWiki\Revision\SlotRecord;
use Wikimedia\Timestamp\ConvertibleTimestamp;

class Furnish extends Maintenance {
	private const ANONYMOUS = '203.0.113.77';
	/** role => name, groups, registration */
	private const ACCOUNTS = [
		'sysop' => [ 'Wanda Keeper', [ 'suppress', 'sysop' ], '2019-03-05T08:00:00Z' ],
		'bot' => [ 'TidyBot', [ 'bot' ], '2020-06-01T08:00:00Z' ],
		'autopatrolled' => [ 'Jonas Quill', [ 'autopatrolled' ], '2021-09-14T08:00:00Z' ],
		'newcomer' => [ 'Zippy 4417', [], '2024-03-01T11:20:00Z' ],
	];
	/** Contributors of the dump have accounts before the import; otherwise they would be prefixed. */
	private const DUMP_ACCOUNTS_SINCE = '2020-01-01T00:00:00Z';
	private const EDITS_BEGIN = '2024-03-01T12:00:00Z';
	private const SECONDS_BETWEEN_EDITS = 97;
	/** No wiki of a test gets there. */
	private const MISSING_REVISION = 999999999;
	/** Cases without an entry in texts.json: nothing to score there. */
	private const NOT_SCORABLE = [ 'text_hidden', 'suppressed', 'page_deleted', 'missing', 'css_page' ];

	/** @var int Unix time of the next edit */
	private $clock;
	/** @var User[] by role */
	private $users = [];
	/** @var array case => revision id, or list of them */
	private $cases = [];

	public function __construct() {
		parent::__construct();
		$this->addDescription( 'Fills a fresh wiki with the revisions that tests ask for' );
		$this->addOption( 'dump', 'Pages with history to import, as XML', true, true );
		$this->addOption( 'api-url', 'Address of api.php, for wiki.json', true, true );
		$this->addOption( 'out', 'Directory for wiki.json and texts.json', true, true );
	}

	public function execute() {
		$this->clock = (int)wfTimestamp( TS_UNIX, self::EDITS_BEGIN );
		$this->makeAccounts();
		$this->importDump( $this->getOption( 'dump' ) );
		$this->playAuthors();
		$this->playHidden();
		$this->playContents();
		$this->playBatch();
		$this->cases['missing'] = self::MISSING_REVISION;
		$this->cases['imported'] = $this->chooseImported();

		ConvertibleTimestamp::setFakeTime( false );
		$this->runChild( InitEditCount::class, $this->script( 'initEditCount.php' ) )->execute();
		$this->write( 'texts.json', $this->describeCases() );
		$this->write( 'wiki.json', [
			'api_url' => $this->getOption( 'api-url' ),
			'revisions' => $this->cases,
			'users' => array_map( static function ( User $user ) {
				return $user->getName();
			}, $this->users ),
		] );
	}

	private function makeAccounts() {
		$services = MediaWikiServices::getInstance();
		foreach ( self::ACCOUNTS as $role => [ $name, $groups, $registration ] ) {
			$this->users[$role] = $this->makeAccount( $name, $registration );
			foreach ( $groups as $group ) {
				$services->getUserGroupManager()->addUserToGroup( $this->users[$role], $group );
			}
		}
		$this->users['anonymous'] = $services->getUserFactory()->newAnonymous( self::ANONYMOUS );
	}

	private function makeAccount( string $name, string $registration ): User {
		ConvertibleTimestamp::setFakeTime( $registration );
		$user = MediaWikiServices::getInstance()->getUserFactory()->newFromName( $name );
		$status = $user->addToDatabase();
		if ( !$status->isOK() ) {
			$this->fatalError( "no account $name: " . $status->getMessage()->text() );
		}
		return $user;
	}

	private function importDump( string $file ) {
		preg_match_all( '~<username>(.*?)</username>~', file_get_contents( $file ), $found );
		foreach ( array_unique( $found[1] ) as $name ) {
			$this->makeAccount( html_entity_decode( $name, ENT_QUOTES | ENT_XML1 ), self::DUMP_ACCOUNTS_SINCE );
		}
		ConvertibleTimestamp::setFakeTime( self::EDITS_BEGIN );
		// The installer's page would be the parent of nothing, but newer than the dump's page.
		$this->deletePage( 'Main Page' );
		$import = $this->runChild( BackupReader::class, $this->script( 'importDump.php' ) );
		$import->loadParamsAndArgs( null, [ 'no-updates' => true ], [ $file ] );
		$import->execute();
	}

	private function script( string $name ): string {
		return getenv( 'MW_INSTALL_PATH' ) . "/maintenance/$name";
	}

	/** An article with edits by everybody, good ones and vandalism in turn. */
	private function playAuthors() {
		$page = 'Orrin Tide Mill';
		$lead = "'''Orrin Tide Mill''' is a mill on the estuary of the [[River Orrin]].";
		$stub = "$lead\n\nIt was built in 1684 and ground barley until 1921.";
		$sourced = $stub . '<ref>{{cite book|title=Mills of the East Shore|year=1977|page=12}}</ref>' .
			"\n\n== Machinery ==\nThe wheel has twenty-four paddles of oak.";
		$good = "$sourced It turns at ebb.";
		$spam = str_replace( '1684', '9999', $good ) . "\nBUY CHEAP PADDLES at https://paddles.example.com/ now";
		$this->case( 'creation', $page, 'autopatrolled', $stub, 'a page on the mill' );
		$this->case( 'plain', $page, 'autopatrolled', $sourced, 'a source, and the wheel' );
		$this->edit( $page, 'sysop', $good, 'when it turns' );
		$this->case( 'by_anonymous', $page, 'anonymous', "$lead\n\nhahaha this mill is so stupid!!!!!!!!", '' );
		$this->edit( $page, 'sysop', $good, 'undid vandalism' );
		$this->case( 'by_newcomer', $page, 'newcomer', $spam, '/* Machinery */ fixed' );
		$this->edit( $page, 'autopatrolled', $good, 'not a shop' );
		$this->case( 'by_bot', $page, 'bot', "$good\n\n[[Category:Mills]]", 'adding a category',
			EDIT_MINOR | EDIT_FORCE_BOT );
	}

	/** Revisions of which parts are hidden, each with one on top: what is current cannot lose its text. */
	private function playHidden() {
		$page = 'Lantern Bay';
		$text = "'''Lantern Bay''' lies south of [[Orrin Tide Mill]]. Its beach is two miles long.\n";
		$hidden = [];
		$this->edit( $page, 'autopatrolled', $text, 'a bay' );
		$hidden[] = [ $this->case( 'text_hidden', $page, 'newcomer',
			"$text\nCall me at 555-0100, I live at number 7.\n", 'my number' ), RevisionRecord::DELETED_TEXT ];
		$this->case( 'parent_hidden', $page, 'sysop', $text, 'private data' );
		$hidden[] = [ $this->case( 'user_hidden', $page, 'anonymous',
			"$text\nOn calm nights the lamps of the boats can be counted from the cliff.\n", 'the lamps' ),
			RevisionRecord::DELETED_USER ];
		$hidden[] = [ $this->case( 'comment_hidden', $page, 'newcomer',
			"$text\nlol nobody counts boats lol\n", 'the keeper is a crook' ), RevisionRecord::DELETED_COMMENT ];
		$hidden[] = [ $this->case( 'suppressed', $page, 'newcomer',
			"$text\nThe keeper is a crook and drinks.\n", 'the truth' ), RevisionRecord::SUPPRESSED_ALL ];
		$this->edit( $page, 'sysop', $text, 'as it was' );
		foreach ( $hidden as [ $id, $bits ] ) {
			$this->hide( $page, $id, $bits );
		}

		$this->edit( 'Passing Fancy', 'newcomer', 'My friend is the best.', '' );
		$this->case( 'page_deleted', 'Passing Fancy', 'newcomer', 'My friend is the best and coolest.', '' );
		$this->deletePage( 'Passing Fancy' );
	}

	/** Contents that are unusual in kind, size or script. */
	private function playContents() {
		$css = 'User:' . $this->users['sysop']->getName() . '/common.css';
		$this->edit( $css, 'sysop', 'body { margin: 0; }', 'no margin' );
		$this->case( 'css_page', $css, 'sysop', "body {\n\tmargin: 1em;\n}", 'a margin' );

		$lines = [];
		for ( $size = 0, $day = 1; $size < 300000; $day++ ) {
			$line = "* Day $day: wind force " . $day * 7 % 11 . ", [[Tide|high water]] at " .
				sprintf( '%02d:%02d', $day * 5 % 24, $day * 13 % 60 ) . ", seen from the pier: " .
				$day * 31 % 97 . " boats, of which " . $day * 17 % 13 . " under sail.";
			$size += strlen( $line ) + 1;
			$lines[] = $line;
		}
		$this->edit( 'Harbour Diary', 'autopatrolled', implode( "\n", $lines ), 'the whole diary' );
		array_splice( $lines, intdiv( count( $lines ), 2 ), 1, [ '* (This day was lost to the rain.)' ] );
		$this->case( 'large', 'Harbour Diary', 'newcomer', implode( "\n", $lines ), 'one day' );

		$unicode = "龍の港 𠮷 بيت البحر 🏔️";
		$this->edit( $unicode, 'anonymous', "'''龍の港'''は、東の岸にある[[港]]です。\n", '新しい頁' );
		$this->case( 'unicode', $unicode, 'anonymous',
			"'''龍の港'''は、東の岸にある[[港]]です。𠮷い朝には船が三十隻も出ます。\n\n" .
			"البيت على البحر، والقارب في الميناء. הסירה בנמל. Ёлка и море — naïve. 🏔️👩‍🚀𝄞\n",
			'بيت 𠮷 🏔️' );

		$this->edit( 'Old Mill', 'autopatrolled', 'An old mill, see the other page.', 'a stub' );
		$this->case( 'redirect', 'Old Mill', 'autopatrolled', '#REDIRECT [[Orrin Tide Mill]]', 'to the mill' );
	}

	/** Sixty revisions in a row, more than one query of the Action API may name (50). */
	private function playBatch() {
		$page = 'List of Lighthouse Keepers';
		$text = "Keepers of the light, by year:\n";
		$this->edit( $page, 'autopatrolled', $text, 'a list' );
		for ( $year = 1801; $year <= 1860; $year++ ) {
			$text .= "* $year: keeper number " . $year * 7 % 90 . "\n";
			$this->cases['batch'][] = $this->edit( $page, 'autopatrolled', $text, "the year $year" );
		}
	}

	private function case(
		string $case, string $page, string $role, string $text, string $comment, int $flags = 0
	): int {
		return $this->cases[$case] = $this->edit( $page, $role, $text, $comment, $flags );
	}

	private function edit( string $page, string $role, string $text, string $comment, int $flags = 0 ): int {
		ConvertibleTimestamp::setFakeTime( wfTimestamp( TS_MW, $this->clock ) );
		$this->clock += self::SECONDS_BETWEEN_EDITS;
		$title = Title::newFromText( $page );
		$updater = MediaWikiServices::getInstance()->getWikiPageFactory()
			->newFromTitle( $title )->newPageUpdater( $this->users[$role] );
		$updater->setContent( SlotRecord::MAIN, ContentHandler::makeContent( $text, $title ) );
		$revision = $updater->saveRevision( CommentStoreComment::newUnsavedComment( $comment ), $flags );
		if ( !$revision ) {
			$this->fatalError( "not saved: $page: " . $updater->getStatus()->getMessage()->text() );
		}
		DeferredUpdates::doUpdates();
		return $revision->getId();
	}

	private function hide( string $page, int $id, int $bits ) {
		$title = Title::newFromText( $page );
		$context = RequestContext::getMain();
		$context->setTitle( $title );
		$context->setUser( $this->users['sysop'] );
		$value = [];
		foreach ( [ 1, 2, 4, 8 ] as $bit ) {
			$value[$bit] = $bits & $bit ? 1 : 0;
		}
		$status = RevisionDeleter::createList( 'revision', $context, $title, [ $id ] )
			->setVisibility( [ 'value' => $value, 'comment' => 'private data' ] );
		if ( !$status->isGood() ) {
			$this->fatalError( "cannot hide revision $id: " . $status->getMessage()->text() );
		}
		DeferredUpdates::doUpdates();
	}

	private function deletePage( string $name ) {
		$services = MediaWikiServices::getInstance();
		$page = $services->getWikiPageFactory()->newFromTitle( Title::newFromText( $name ) );
		$status = $services->getDeletePageFactory()->newDeletePage( $page, $this->users['sysop'] )
			->forceImmediate( true )->deleteUnsafe( 'not a page of this wiki' );
		if ( !$status->isGood() ) {
			$this->fatalError( "cannot delete $name: " . $status->getMessage()->text() );
		}
		DeferredUpdates::doUpdates();
	}

	/** Every 97th imported revision whose text and parent's text came with the dump. */
	private function chooseImported(): array {
		$dbr = $this->getDB( DB_REPLICA );
		$ids = $dbr->newSelectQueryBuilder()
			->select( 'r.rev_id' )
			->from( 'revision', 'r' )
			->join( 'revision', 'p', 'p.rev_id = r.rev_parent_id' )
			->where( [
				'r.rev_deleted' => 0,
				'p.rev_deleted' => 0,
				'r.rev_len > 0',
				'p.rev_len > 0',
				'r.rev_timestamp < ' . $dbr->addQuotes( $dbr->timestamp( self::EDITS_BEGIN ) ),
			] )
			->orderBy( 'r.rev_id' )
			->caller( __METHOD__ )->fetchFieldValues();
		return array_map( 'intval', array_column( array_chunk( $ids, 97 ), 0 ) );
	}

	/** @return array revision id => what can be known of it without special rights */
	private function describeCases(): array {
		$descriptions = [];
		foreach ( array_diff_key( $this->cases, array_flip( self::NOT_SCORABLE ) ) as $ids ) {
			foreach ( (array)$ids as $id ) {
				$descriptions[$id] = $this->describe( $id );
			}
		}
		return $descriptions;
	}

	private function describe( int $id ): array {
		$store = MediaWikiServices::getInstance()->getRevisionStore();
		$revision = $store->getRevisionById( $id );
		$parentId = $revision->getParentId();
		$parent = $parentId ? $store->getRevisionById( $parentId ) : null;
		$title = Title::newFromLinkTarget( $revision->getPageAsLinkTarget() );
		return [
			'text' => $this->text( $revision ),
			'parent_text' => $parent ? $this->text( $parent ) : null,
			'comment' => $this->comment( $revision ),
			'minor' => $revision->isMinor(),
			'timestamp' => wfTimestamp( TS_ISO_8601, $revision->getTimestamp() ),
			'user' => $this->describeUser( $revision ),
			'parent' => $parent ? [
				'rev_id' => $parent->getId(),
				'timestamp' => wfTimestamp( TS_ISO_8601, $parent->getTimestamp() ),
				'user' => $parent->getUser() ? $parent->getUser()->getName() : null,
				'comment' => $this->comment( $parent ),
			] : null,
			'page' => [
				'id' => $revision->getPageId(),
				'title' => $title->getPrefixedText(),
				'namespace' => $title->getNamespace(),
			],
		];
	}

	private function text( RevisionRecord $revision ): ?string {
		$content = $revision->getContent( SlotRecord::MAIN, RevisionRecord::FOR_PUBLIC );
		return $content instanceof TextContent ? $content->getText() : null;
	}

	private function comment( RevisionRecord $revision ): ?string {
		$comment = $revision->getComment( RevisionRecord::FOR_PUBLIC );
		return $comment ? $comment->text : null;
	}

	/** Groups with the implicit ones, as the API's usprop=groups; an address has no account, and is null there. */
	private function describeUser( RevisionRecord $revision ): ?array {
		$identity = $revision->getUser( RevisionRecord::FOR_PUBLIC );
		if ( !$identity ) {
			return null;
		}
		$services = MediaWikiServices::getInstance();
		$user = $services->getUserFactory()->newFromUserIdentity( $identity );
		$registration = $user->getRegistration();
		return [
			'name' => $user->getName(),
			'groups' => $services->getUserGroupManager()->getUserEffectiveGroups( $user ),
			'registered_at' => $registration ? wfTimestamp( TS_ISO_8601, $registration ) : null,
			'edit_count' => $user->isRegistered() ? $user->getEditCount() : null,
		];
	}

	private function write( string $name, array $value ) {
		$json = json_encode( $value,
			JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR );
		file_put_contents( $this->getOption( 'out' ) . "/$name", "$json\n" );
	}
}

$maintClass = Furnish::class;
require_once RUN_MAINTENANCE_IF_MAIN;
