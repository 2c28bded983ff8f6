//! Dumps and models that are empty, cut, changed or something else.

use crate::room::{Room, sample_packed, sample_xml};

const RUN: &str = "run --wiki samplewiki --recipe quick.toml --out m.model --dump";

#[test]
fn a_damaged_dump_is_refused_by_its_name() {
    #[track_caller]
    fn check(name: &str, content: &[u8], words: &[&str]) {
        let room = Room::new();
        room.write(name, content);
        let words = [&[name], words].concat();
        room.refuses(&format!("{RUN} {name}"), &words);
    }
    let no_dump = "is no MediaWiki export: expected <mediawiki>";
    check("empty.xml", b"", &[no_dump, "got an empty file"]);
    check(
        "table.csv",
        b"rev_id,label\n1,0\n",
        &[no_dump, "got \"rev_id,label"],
    );
    check("page.html", b"<!DOCTYPE html><html></html>", &[no_dump]);
    let (packed, xml) = (sample_packed(), sample_xml());
    let damaged = ["is damaged at byte", "in page \"", "after revision"];
    check("cut.xml.bz2", &packed[..packed.len() / 2], &damaged);
    check("cut.xml", &xml[..xml.len() / 2], &damaged);
    let middle = xml.len() / 2;
    let at = middle + find(&xml[middle..], b"</text>");
    let crossed = [&xml[..at], b"</title>", &xml[at + 7..]].concat();
    check("crossed.xml", &crossed, &damaged);
    check("magic.xml.bz2", &packed[..3], &[no_dump]);
    // Bits turned in the middle of a block: its checksum tells.
    let mut turned = packed.clone();
    for byte in &mut turned[packed.len() / 2..packed.len() / 2 + 8] {
        *byte ^= 0x55;
    }
    check("turned.xml.bz2", &turned, &["is damaged at byte"]);
}

fn find(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
        .unwrap()
}

#[test]
fn what_can_be_read_of_a_truncated_dump_is_kept_on_demand() {
    let room = Room::new();
    let (packed, xml) = (sample_packed(), sample_xml());
    room.write("cut.xml.bz2", &packed[..packed.len() / 2]);
    room.write("cut.xml", &xml[..xml.len() / 2]);
    for name in ["cut.xml.bz2", "cut.xml"] {
        let said = room.train(&format!("{RUN} {name} --allow-truncated"));
        let warning = format!("warning: {name} is damaged at byte");
        assert!(said.stderr.contains(&warning), "{}", said.stderr);
        assert!(
            said.stderr.contains("what came before it is kept"),
            "{}",
            said.stderr
        );
        assert!(room.text("m.md").contains(name));
    }
    let room = Room::new();
    room.write("empty.xml", b"");
    room.refuses(
        &format!("{RUN} empty.xml --allow-truncated"),
        &["empty.xml", "got an empty file"],
    );
}

#[test]
fn broken_utf_8_is_replaced_and_counted() {
    let room = Room::new();
    let mut xml = sample_xml().to_vec();
    for wanted in [&b"Welcome to"[..], b"an encyclopedia"] {
        let at = find(&xml, wanted);
        xml[at + 1] = 0xff;
    }
    room.write("broken.xml", &xml);
    let said = room.train(&format!("{RUN} broken.xml"));
    assert!(
        said.stderr.contains("2 broken UTF-8 sequences replaced"),
        "{}",
        said.stderr
    );
}

#[test]
fn one_damaged_dump_among_several_is_refused() {
    let room = Room::new();
    let xml = sample_xml();
    room.write("cut.xml", &xml[..xml.len() / 2]);
    room.refuses(&format!("{RUN} SAMPLE cut.xml"), &["cut.xml is damaged"]);
    room.refuses(&format!("{RUN} cut.xml SAMPLE"), &["cut.xml is damaged"]);
}

#[test]
fn a_damaged_model_is_refused_by_every_command() {
    let room = Room::new().with_model();
    let sound = room.bytes("quick.model");
    #[track_caller]
    fn check(room: &Room, content: &[u8], words: &[&str]) {
        room.write("bad.model", content);
        let words = [&["bad.model"], words].concat();
        for command in [
            "info bad.model",
            "score --model bad.model --dump SAMPLE --out none.jsonl",
            "evaluate --model bad.model --dump SAMPLE --out none",
            "evaluate --model bad.model --table none.csv --out none",
        ] {
            room.refuses(command, &words);
        }
    }
    let changed_to = |at: usize, byte: u8| {
        let mut bytes = sound.clone();
        bytes[at] = byte;
        bytes
    };
    let changed = |at: usize| changed_to(at, sound[at] ^ 1);
    let begins = "expected a model file that begins with REVSCORE";
    check(&room, &changed(0), &[begins]);
    check(
        &room,
        b"Dear reader, this is a letter and no model at all.",
        &[begins, "Dear rea"],
    );
    check(&room, b"", &["expected a model file of"]);
    check(&room, &sound[..5], &["expected a model file of"]);
    let length = format!("expected a model file of {} bytes", sound.len());
    check(
        &room,
        &sound[..sound.len() / 2],
        &[&length, "copy it again"],
    );
    check(&room, &[&sound[..], b"more"].concat(), &[&length]);
    check(&room, &changed_to(8, 99), &["format"]);
    for at in [sound.len() / 2, sound.len() - 1] {
        check(&room, &changed(at), &["checksum", "copy it again"]);
    }
    std::fs::remove_file(room.path("bad.model")).unwrap();
    room.refuses("info bad.model", &["bad.model", "No such file"]);
}
