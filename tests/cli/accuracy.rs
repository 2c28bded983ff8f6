//! The claim of docs/ACCURACY.md that is cheapest to check: the default recipe on the Papiamentu
//! Wikipedia, learned from before 2012, on the rows of 2012 to 2014 that revscoring was measured
//! on, by the commands that stand there.

use serde_json::Value;

use crate::room::{Room, shared};

#[test]
fn the_default_recipe_ranks_papiamentu_edits_at_least_as_well_as_revscoring() {
    let (Some(dump), Some(rows)) = (
        shared("dumps/papwiki-2006-2014.xml.xz"),
        shared("reference-splits/pap-visible.csv"),
    ) else {
        return;
    };
    let (dump, rows) = (dump.display(), rows.display());
    let room = Room::new();
    room.train(&format!(
        "run --wiki papwiki --until 2012-01-01 --dump '{dump}' --out pap.model"
    ));
    room.train(&format!(
        "evaluate --model pap.model --dump '{dump}' --rows '{rows}' --against gb_w10 --out report"
    ));
    let document: Value = serde_json::from_str(&room.text("report/report.json")).unwrap();
    let report = &document["report"];
    assert_eq!(
        (&report["n"], &report["positives"]),
        (&1365.into(), &60.into())
    );
    let figure = |value: &Value| value["value"].as_f64().unwrap();
    let auc = figure(&report["headline"]["roc_auc"]);
    let precision = figure(&report["headline"]["average_precision"]);
    println!("ROC-AUC {auc}, average precision {precision}");
    assert!(auc >= 0.809, "ROC-AUC {auc}");
    assert!(precision >= 0.180, "average precision {precision}");
    for row in report["comparisons"][0]["rows"].as_array().unwrap() {
        if ["roc_auc", "average_precision"].contains(&row["statistic"].as_str().unwrap()) {
            assert!(figure(&row["difference"]) >= 0.0, "{row}");
        }
    }
}
