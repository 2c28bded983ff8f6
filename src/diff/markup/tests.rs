//! Rows of wikitext with what mwparserfromhell 0.7.2 finds in each, and hostile texts.

use proptest::prelude::*;

use super::MarkupCounts;

/// Checks headings, wikilinks, external links, templates, tags and ref tags.
#[track_caller]
fn check(text: &str, expected: [u32; 6]) {
    let counts = MarkupCounts::of(text);
    let got = [
        counts.headings,
        counts.wikilinks,
        counts.external_links,
        counts.templates,
        counts.tags,
        counts.ref_tags,
    ];
    assert_eq!(got, expected, "{text:?}");
}

#[test]
fn headings_end_with_their_line() {
    check("== a ==", [1, 0, 0, 0, 0, 0]);
    check("=== a ==", [1, 0, 0, 0, 0, 0]);
    check("= a", [0, 0, 0, 0, 0, 0]);
    check("a == b ==", [0, 0, 0, 0, 0, 0]);
    check("== a == b ==", [1, 0, 0, 0, 0, 0]);
    check("== a ==\n== b", [1, 0, 0, 0, 0, 0]);
    check("== [[a]] {{b}} ==", [1, 1, 0, 1, 0, 0]);
    check("{{a|\n== b ==\n}}", [1, 0, 0, 1, 0, 0]);
    check("== a\n ==", [0, 0, 0, 0, 0, 0]);
    check("======= a =======", [1, 0, 0, 0, 0, 0]);
}

#[test]
fn wikilinks_close_on_titles_without_line_ends() {
    check("[[a]]", [0, 1, 0, 0, 0, 0]);
    check("[[a|b]]", [0, 1, 0, 0, 0, 0]);
    check("[[a|b\nc]]", [0, 1, 0, 0, 0, 0]);
    check("[[a\nb]]", [0, 0, 0, 0, 0, 0]);
    check("[[a", [0, 0, 0, 0, 0, 0]);
    check("a]]", [0, 0, 0, 0, 0, 0]);
    check("[[a|[[b]] c]]", [0, 2, 0, 0, 0, 0]);
    check("[[[a]]]", [0, 0, 0, 0, 0, 0]);
    check("[[File:a|thumb|[[b]]|c]]", [0, 2, 0, 0, 0, 0]);
    check("[[a[b]]", [0, 0, 0, 0, 0, 0]);
    check("[[a<b]]", [0, 0, 0, 0, 0, 0]);
    check("[[a<!--b-->]]", [0, 1, 0, 0, 0, 0]);
    check("[[]]", [0, 1, 0, 0, 0, 0]);
}

#[test]
fn addresses_need_a_known_scheme() {
    check("http://a.example", [0, 0, 1, 0, 0, 0]);
    check("[http://a.example]", [0, 0, 1, 0, 0, 0]);
    check("[http://a.example b]", [0, 0, 1, 0, 0, 0]);
    check("[//a.example b]", [0, 0, 1, 0, 0, 0]);
    check("[mailto:a b]", [0, 0, 1, 0, 0, 0]);
    check("mailto:a", [0, 0, 1, 0, 0, 0]);
    check("xhttp://a", [0, 0, 0, 0, 0, 0]);
    check("foo://a", [0, 0, 0, 0, 0, 0]);
    check("HTTP://A", [0, 0, 1, 0, 0, 0]);
    check("[http://a.example\nb]", [0, 0, 1, 0, 0, 0]);
    check("[[http://a.example b]]", [0, 0, 1, 0, 0, 0]);
    check("http:// a", [0, 0, 0, 0, 0, 0]);
    check("[http://a [http://b] c]", [0, 0, 1, 0, 0, 0]);
    check("http://a|b", [0, 0, 1, 0, 0, 0]);
    check("{{x|http://a|b=http://c}}", [0, 0, 2, 1, 0, 0]);
    check("éhttp://a", [0, 0, 0, 0, 0, 0]);
    check("(http://a)", [0, 0, 1, 0, 0, 0]);
    check("''http://a''", [0, 0, 1, 0, 1, 0]);
}

#[test]
fn templates_need_a_name() {
    check("{{a}}", [0, 0, 0, 1, 0, 0]);
    check("{{a|b|c=d}}", [0, 0, 0, 1, 0, 0]);
    check("{{}}", [0, 0, 0, 0, 0, 0]);
    check("{{ }}", [0, 0, 0, 0, 0, 0]);
    check("{{|a}}", [0, 0, 0, 0, 0, 0]);
    check("{{a|{{b}}}}", [0, 0, 0, 2, 0, 0]);
    check("{{{a}}}", [0, 0, 0, 0, 0, 0]);
    check("{{{{a}}}}", [0, 0, 0, 0, 0, 0]);
    check("{{{{{a}}}b}}", [0, 0, 0, 1, 0, 0]);
    check("{{a", [0, 0, 0, 0, 0, 0]);
    check("{{a\nb}}", [0, 0, 0, 0, 0, 0]);
    check("{{a\n|b}}", [0, 0, 0, 1, 0, 0]);
    check("{{a[b}}", [0, 0, 0, 0, 0, 0]);
    check("{{a<!--b-->}}", [0, 0, 0, 1, 0, 0]);
    check("{{{a|{{b}}}}}", [0, 0, 0, 1, 0, 0]);
    check("{{#if:a|b}}", [0, 0, 0, 1, 0, 0]);
    check("}}{{", [0, 0, 0, 0, 0, 0]);
    check("{{a}} }}", [0, 0, 0, 1, 0, 0]);
    check("{{ {{a}} }}", [0, 0, 0, 2, 0, 0]);
    check("{{{", [0, 0, 0, 0, 0, 0]);
}

#[test]
fn tags_close_with_their_own_name() {
    check("<b>a</b>", [0, 0, 0, 0, 1, 0]);
    check("<b>a", [0, 0, 0, 0, 0, 0]);
    check("<b>a</i>", [0, 0, 0, 0, 0, 0]);
    check("<b>a</B>", [0, 0, 0, 0, 1, 0]);
    check("<br>", [0, 0, 0, 0, 1, 0]);
    check("<br/>", [0, 0, 0, 0, 1, 0]);
    check("</br>", [0, 0, 0, 0, 1, 0]);
    check("<li>a", [0, 0, 0, 0, 1, 0]);
    check("<p>a<p>b", [0, 0, 0, 0, 0, 0]);
    check("<ref>a</ref>", [0, 0, 0, 0, 1, 1]);
    check("<ref name=a/>", [0, 0, 0, 0, 1, 1]);
    check("<ref name=\"a>b\">c</ref>", [0, 0, 0, 0, 1, 1]);
    check("<references />", [0, 0, 0, 0, 1, 1]);
    check("<REF>a</REF>", [0, 0, 0, 0, 1, 1]);
    check("<ref>a", [0, 0, 0, 0, 0, 0]);
    check("a < b > c", [0, 0, 0, 0, 0, 0]);
    check("<b><i>a</b></i>", [0, 0, 0, 0, 1, 0]);
    check("<b ></b >", [0, 0, 0, 0, 1, 0]);
    check("< b></b>", [0, 0, 0, 0, 0, 0]);
    check("<nowiki>[[a]]</nowiki>", [0, 0, 0, 0, 1, 0]);
    check("<pre>{{a}}", [0, 0, 0, 1, 0, 0]);
    check("<b a={{c}} d=[[e]]>f</b>", [0, 1, 0, 1, 1, 0]);
    check("<!-- <b>a</b> [[c]] -->", [0, 0, 0, 0, 0, 0]);
    check("<!-- [[a]]", [0, 1, 0, 0, 0, 0]);
    check("<b>{{a|</b>}}", [0, 0, 0, 1, 0, 0]);
    check("<div class='a\" b>c</div>", [0, 0, 0, 0, 1, 0]);
    check("<ref\n>a</ref>", [0, 0, 0, 0, 0, 0]);
    check("<ref>a</ref\n>", [0, 0, 0, 0, 1, 1]);
    check("<2>a</2>", [0, 0, 0, 0, 1, 0]);
}

#[test]
fn marks_stand_for_tags() {
    check("''a''", [0, 0, 0, 0, 1, 0]);
    check("'''a'''", [0, 0, 0, 0, 1, 0]);
    check("'''''a'''''", [0, 0, 0, 0, 2, 0]);
    check("'''''a'' b'''", [0, 0, 0, 0, 2, 0]);
    check("'''''a''' b''", [0, 0, 0, 0, 2, 0]);
    check("''a", [0, 0, 0, 0, 0, 0]);
    check("'''a''", [0, 0, 0, 0, 1, 0]);
    check("''a'''", [0, 0, 0, 0, 1, 0]);
    check("''''a''''", [0, 0, 0, 0, 1, 0]);
    check("'''a\nb'''", [0, 0, 0, 0, 1, 0]);
    check("* a\n** b\n#c", [0, 0, 0, 0, 4, 0]);
    check(": a", [0, 0, 0, 0, 1, 0]);
    check(";a:b", [0, 0, 0, 0, 2, 0]);
    check(";a\nb:c", [0, 0, 0, 0, 1, 0]);
    check("----", [0, 0, 0, 0, 1, 0]);
    check("-----a", [0, 0, 0, 0, 1, 0]);
    check("a\n---", [0, 0, 0, 0, 0, 0]);
    check("a * b", [0, 0, 0, 0, 0, 0]);
    check("\n*", [0, 0, 0, 0, 1, 0]);
}

#[test]
fn tables_have_rows_and_cells() {
    check("{|\n|a\n|}", [0, 0, 0, 0, 2, 0]);
    check("{|\n|-\n|a||b\n|}", [0, 0, 0, 0, 4, 0]);
    check("{|\n!a!!b\n|-\n|c\n|}", [0, 0, 0, 0, 5, 0]);
    check("{| class=x\n|+ y\n| style=z | a\n|}", [0, 0, 0, 0, 3, 0]);
    check("{|\n|a", [0, 0, 0, 0, 0, 0]);
    check("a {|\n|b\n|}", [0, 0, 0, 0, 0, 0]);
    check(" {|\n|b\n |}", [0, 0, 0, 0, 2, 0]);
    check("{|\n{|\n|a\n|}\n|}", [0, 0, 0, 0, 3, 0]);
    check("{|\n|[[a|b]]||{{c|d}}\n|}", [0, 1, 0, 1, 3, 0]);
}

#[test]
fn failed_tries_leave_no_trace() {
    check("<p><!--<f/>-->{{{</p}}}<!--", [0, 0, 0, 0, 0, 0]);
    check("{|<br>\na|}", [0, 0, 0, 0, 1, 0]);
    check("{{a|[[b]] [http://c d]", [0, 1, 1, 0, 0, 0]);
}

#[test]
fn hostile_texts_are_counted_in_linear_time() {
    for piece in [
        "[[",
        "{{",
        "{{{",
        "''",
        "'''",
        "<b>",
        "<li>",
        "<b></b",
        "[http://a ",
        "http://",
        "\n==",
        "= a ",
        "\n{|",
        "{|\n|",
        "{{a|",
        "[[a|{{b|",
        "<ref name=\"",
        "<p a='<p a=\"",
        "<nowiki>",
        "<!--",
        "\n;a:",
    ] {
        for end in ["", "]]}}}''</b>'''|}-->"] {
            let start = std::time::Instant::now();
            MarkupCounts::of(&(piece.repeat(200_000 / piece.len()) + end));
            // Quadratic time would be minutes.
            assert!(start.elapsed().as_secs() < 10, "{piece:?} {end:?}");
        }
    }
}

#[test]
fn tangled_texts_are_counted_by_pairs_of_marks() {
    let text = "\n* [[a]] {{b|''c'' <ref>d</ref> \n== e ==\n----\nhttp://f".repeat(2);
    let counts = super::flat::count(&text);
    let expected = MarkupCounts {
        headings: 2,
        wikilinks: 2,
        external_links: 2,
        templates: 0,
        tags: 8,
        ref_tags: 2,
    };
    assert_eq!(counts, expected);
}

proptest! {
    #[test]
    fn no_text_panics(
        text in "(?s)([a-z'’ \\n<>/&;:=\\[\\]{}|!*#-]|\\[\\[|\\{\\{|\\}\\}|\\]\\]|''|\\{\\||<ref|</ref>|http://|日|.){0,80}"
    ) {
        let counts = MarkupCounts::of(&text);
        prop_assert!(counts.ref_tags <= counts.tags);
        prop_assert!(counts.tags as usize <= text.len());
    }
}
