//! What it costs to see what an edit changed: the diff alone, and with every feature that reads
//! it.
//!
//! Small edits of real articles are read from `../shared/data/articles` (or
//! `$REVSCORE_SHARED/data/articles`) where that exists; the hostile texts are made here.

use std::hint::black_box;
use std::sync::LazyLock;

use criterion::{Criterion, criterion_group, criterion_main};
use revscore::diff::Change;
use revscore::feature::GROUPS;
use revscore::language::Vocabulary;

mod support;
use support::{Texts, articles, real_edits};

/// Every feature that reads the change or the words that it changed.
fn all_features(texts: &Texts) -> f32 {
    static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(Vocabulary::default);
    let edit = texts.edit();
    let own = GROUPS
        .iter()
        .flat_map(|group| group.features)
        .filter(|feature| feature.revscoring.is_none());
    own.map(|feature| feature.value(&edit, &VOCABULARY))
        .filter(|value| !value.is_nan())
        .sum()
}

fn bench_all(criterion: &mut Criterion, name: &str, edits: &[Texts]) {
    criterion.bench_function(&format!("change/{name}"), |bencher| {
        let mut next = edits.iter().cycle();
        bencher.iter(|| {
            next.next()
                .map(|texts| Change::between(black_box(texts.before()), texts.after()))
        });
    });
    criterion.bench_function(&format!("change+features/{name}"), |bencher| {
        let mut next = edits.iter().cycle();
        bencher.iter(|| next.next().map(|texts| all_features(black_box(texts))));
    });
}

fn changes(criterion: &mut Criterion) {
    if let Some(articles) = articles() {
        bench_all(
            criterion,
            "small edits of 25 to 76 KB articles",
            &real_edits(&articles)
                .into_iter()
                .flat_map(|(_, edits)| edits)
                .collect::<Vec<_>>(),
        );
        let read = |name: &str| std::fs::read_to_string(articles.join(name)).unwrap_or_default();
        let (before, after) = (
            read("mozilla-firefox.wikitext"),
            read("rnli-stations.wikitext"),
        );
        bench_all(
            criterion,
            "one article replaced by another",
            &[Texts::new(&before, &after)],
        );
        bench_all(criterion, "article blanked", &[Texts::new(&before, "")]);
        let after = before.split(' ').rev().collect::<Vec<_>>().join(" ");
        bench_all(
            criterion,
            "article with its words in reverse order",
            &[Texts::new(&before, &after)],
        );
    }
    let hostile = |before: String, after: String| [Texts::new(&before, &after)];
    bench_all(
        criterion,
        "1 MB of [ added",
        &hostile(String::new(), "[".repeat(1_000_000)),
    );
    bench_all(
        criterion,
        "1 MB of [[ spread out",
        &hostile("[[".repeat(500_000), "[[ ".repeat(333_000)),
    );
    let every_other = |word: &str, n: usize| {
        (0..n)
            .map(|idx| format!("{word}{idx} w{idx} "))
            .collect::<String>()
    };
    bench_all(
        criterion,
        "every other of 1,900 words replaced",
        &hostile(every_other("a", 950), every_other("b", 950)),
    );
    bench_all(
        criterion,
        "every other of 100,000 words replaced",
        &hostile(every_other("a", 50_000), every_other("b", 50_000)),
    );
    let lines = |n: usize| {
        (0..n)
            .map(|idx| format!("{} w{idx}\n", idx % 2))
            .collect::<String>()
    };
    bench_all(
        criterion,
        "1 MB in lines, halves swapped",
        &hostile(lines(110_000), lines(110_000).split_off(500_000)),
    );
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).measurement_time(std::time::Duration::from_secs(2)).warm_up_time(std::time::Duration::from_millis(300));
    targets = changes
}
criterion_main!(benches);
