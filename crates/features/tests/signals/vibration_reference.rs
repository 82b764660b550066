//! Features of vibration are what numpy and scipy compute: see `checks/features/reference.py`.

use std::collections::BTreeMap;

use gauntlet_features::vibration::{Extractor, names};

const TOLERANCE: f64 = 1e-9;

#[test]
fn every_feature_is_what_numpy_and_scipy_compute() {
    let mut reference: BTreeMap<&str, Vec<(&str, f64)>> = BTreeMap::new();
    for line in include_str!("../vibration_reference.csv").lines().skip(1) {
        let [signal, feature, value] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        reference.entry(signal).or_default().push((feature, value.parse().unwrap()));
    }
    let signals = crate::made::signals();
    assert_eq!(reference.len(), signals.len());
    for signal in &signals {
        let mut extractor = Extractor::new(&signal.setup, signal.samples.len()).unwrap();
        let names = names(&signal.setup);
        assert_eq!(extractor.names(), names);
        let mut found = vec![0.0; names.len()];
        extractor.extract(&signal.samples, &mut found).unwrap();

        let expected = BTreeMap::from_iter(reference[signal.name].iter().copied());
        assert_eq!(expected.len(), names.len(), "{}", signal.name);
        for (name, found) in names.iter().zip(found) {
            let expected = expected[name.as_str()];
            assert!(
                (found - expected).abs() <= TOLERANCE * expected.abs(),
                "{} {name}: {found}, not {expected}",
                signal.name
            );
        }
    }
}
