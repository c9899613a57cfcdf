use std::collections::BTreeMap;

use bolide_fuzz::{Random, Verdict, differential};

use crate::for_each_seed;

const MODULES: u64 = 2500;

#[test]
fn generated_programs_do_the_same_everywhere() {
    let verdicts = for_each_seed("differential", MODULES, |seed| {
        let mut random = Random::new(seed);
        let len = 256 + random.below(4096);
        match differential(&random.bytes(len)) {
            Ok(verdict) => verdict,
            Err(divergence) => panic!("seed {seed}: {divergence}"),
        }
    });
    let (mut conclusive, mut calls) = (0, 0);
    let mut reasons = BTreeMap::new();
    for verdict in &verdicts {
        match *verdict {
            Verdict::Agreed(count) => {
                conclusive += 1;
                calls += count;
            }
            Verdict::Inconclusive(reason) => *reasons.entry(reason).or_insert(0) += 1,
        }
    }
    println!("differential: {conclusive} of {MODULES} modules conclusive, {calls} calls agree");
    println!("differential: inconclusive: {reasons:?}");
    assert!(
        conclusive >= 2000,
        "only {conclusive} modules were compared with the peer: {reasons:?}"
    );
}
