//! The full gauntlet on the published rows: the numbers that the documentation promises.

use serde_json::Value;

use crate::project::{FULL, Project, real_data};

#[test]
fn the_published_rows_give_a_champion_that_earns_its_place() {
    let Some(real) = real_data() else { return };
    let project = Project::new();
    let folder = real.to_str().unwrap();
    let arguments = ["run", FULL, "--data", "real", "--data-dir", folder, "--require-promotion"];
    let printed = project.gauntlet(&[&arguments[..], &["--json"]].concat()).succeeds().json();

    let metrics = &printed["metrics"];
    assert_eq!((&metrics["origin"], &metrics["rows"]), (&"real".into(), &10_000.into()));
    assert_eq!(metrics["failures"], 339);
    let ceiling = metrics["ceiling_f1"].as_f64().unwrap();
    assert!((ceiling - 0.9169).abs() < 1e-3, "{ceiling}");

    let winner = metrics["winner"].as_str().unwrap();
    assert!(winner.ends_with("_engineered"), "{winner}");
    let value = |metric: &str| -> f64 {
        let path = format!("/participants/{winner}/validation/{metric}/value");
        metrics.pointer(&path).and_then(Value::as_f64).unwrap()
    };
    assert!(value("f1") >= 0.905, "{winner}: {}", value("f1"));
    assert!(value("pr_auc") > 0.90, "{winner}: {}", value("pr_auc"));

    let names = printed["names"].as_array().unwrap();
    assert_eq!(names.len(), 9, "two recipes with four kinds, and the winner");
    for outcome in names {
        let model = outcome["model"].as_str().unwrap();
        assert!(model.starts_with("ai4i_classifier") && !model.ends_with("_sim"), "{model}");
        let rules = outcome["verdict"]["rules"].as_array().unwrap();
        let parity = rules.iter().find(|rule| rule["name"] == "parity").unwrap();
        assert_eq!(parity["decision"], "promote", "{model}: {parity}");
    }
    let aliases = project.aliases();
    assert_eq!(aliases["ai4i_classifier"]["champion"], 1);
    assert_eq!(aliases[&format!("ai4i_classifier_{winner}")]["champion"], 1);
    project.assert_consistent();
}
