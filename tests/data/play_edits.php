<?php
/**
 * Plays the edits of sample_edits.py (JSON lines) into a fresh wiki: each by its own author, at
 * its own time, through MediaWiki's own page updater. Lines with "hide" suppress parts of the
 * page's latest revision of that moment at the end, as RevisionDelete does.
 */
require_once getenv( 'MW_INSTALL_PATH' ) . '/maintenance/Maintenance.php';

use MediaWiki\MediaWikiServices;
use MediaWiki\Revision\SlotRecord;
use Wikimedia\Timestamp\ConvertibleTimestamp;

class PlayEdits extends Maintenance {
	public function __construct() {
		parent::__construct();
		$this->addDescription( 'Plays invented edits into a fresh wiki' );
		$this->addArg( 'file', 'Edits as JSON lines' );
	}

	public function execute() {
		$services = MediaWikiServices::getInstance();
		$pages = $services->getWikiPageFactory();
		$this->deleteMainPage();
		$hidden = [];
		$count = 0;
		foreach ( file( $this->getArg( 0 ) ) as $line ) {
			$edit = json_decode( $line, true, 512, JSON_THROW_ON_ERROR );
			ConvertibleTimestamp::setFakeTime( $edit['time'] );
			$user = $this->user( $edit['user'] );
			$title = Title::newFromText( $edit['page'] );
			$page = $pages->newFromTitle( $title );
			$page->loadPageData( WikiPage::READ_LATEST );
			$comment = str_replace( '$LATEST', (string)$page->getLatest(), $edit['comment'] );
			$updater = $page->newPageUpdater( $user );
			$updater->setContent( SlotRecord::MAIN, ContentHandler::makeContent( $edit['text'], $title ) );
			$revision = $updater->saveRevision(
				CommentStoreComment::newUnsavedComment( $comment ),
				$edit['minor'] && $page->exists() ? EDIT_MINOR : 0
			);
			DeferredUpdates::doUpdates();
			if ( !$updater->wasSuccessful() || !$revision ) {
				$this->error( "not saved: {$edit['page']} at {$edit['time']}: " . $updater->getStatus()->getMessage()->text() );
				continue;
			}
			if ( $edit['hide'] ) {
				$hidden[] = [ $title, $revision->getId(), $edit['hide'] ];
			}
			if ( ++$count % 200 === 0 ) {
				$this->output( "$count edits\n" );
			}
		}
		foreach ( $hidden as [ $title, $id, $parts ] ) {
			$this->hide( $title, $id, $parts );
		}
		$this->output( "$count edits, " . count( $hidden ) . " of them suppressed in part\n" );
	}

	/** The installer's own page carries MediaWiki's text and today's date; this wiki writes its own. */
	private function deleteMainPage() {
		$services = MediaWikiServices::getInstance();
		$page = $services->getWikiPageFactory()->newFromTitle( Title::newFromText( 'Main Page' ) );
		$services->getDeletePageFactory()
			->newDeletePage( $page, User::newSystemUser( User::MAINTENANCE_SCRIPT_USER, [ 'steal' => true ] ) )
			->forceImmediate( true )->deleteUnsafe( 'made by the installer' );
		DeferredUpdates::doUpdates();
	}

	private function user( string $name ): User {
		$factory = MediaWikiServices::getInstance()->getUserFactory();
		if ( MediaWikiServices::getInstance()->getUserNameUtils()->isIP( $name ) ) {
			return $factory->newAnonymous( $name );
		}
		$user = $factory->newFromName( $name );
		if ( !$user->isRegistered() ) {
			$user->addToDatabase();
		}
		return $user;
	}

	private function hide( Title $title, int $id, array $parts ) {
		$bits = [ 'text' => 1, 'comment' => 2, 'user' => 4 ];
		$context = RequestContext::getMain();
		$context->setTitle( $title );
		$context->setUser( User::newSystemUser( User::MAINTENANCE_SCRIPT_USER, [ 'steal' => true ] ) );
		$set = [];
		foreach ( $bits as $part => $bit ) {
			$set[$bit] = in_array( $part, $parts ) ? 1 : 0;
		}
		$status = RevisionDeleter::createList( 'revision', $context, $title, [ $id ] )
			->setVisibility( [ 'value' => $set, 'comment' => 'private data' ] );
		if ( !$status->isOK() ) {
			$this->fatalError( "cannot hide revision $id: " . $status->getMessage()->text() );
		}
	}
}

$maintClass = PlayEdits::class;
require_once RUN_MAINTENANCE_IF_MAIN;
