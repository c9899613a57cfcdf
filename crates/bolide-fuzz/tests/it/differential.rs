use std::collections::BTreeMap;

use bolide_fuzz::{ANY_NAN, Random, Verdict, differential};

use crate::{count, for_each_seed};

#[test]
fn generated_programs_do_the_same_everywhere() {
    let modules = count("BOLIDE_FUZZ_MODULES", 5000);
    let verdicts = for_each_seed("differential", modules, |seed| {
        differential(&Random::seed_bytes(seed)).map_err(|divergence| {
            eprintln!("seed {seed}: {}", divergence.what());
            (seed, divergence)
        })
    });
    let (verdicts, divergences): (Vec<_>, Vec<_>) = verdicts.into_iter().partition(Result::is_ok);
    let smallest = divergences.into_iter().filter_map(Result::err);
    if let Some((seed, divergence)) = smallest.min_by_key(|(_, d)| d.wasm().len()) {
        panic!("seed {seed}: {divergence}");
    }
    let (mut conclusive, mut called, mut finished) = (0, 0, 0);
    let mut reasons = BTreeMap::new();
    for verdict in verdicts.into_iter().flatten() {
        match verdict {
            Verdict::Agreed { calls, returned } => {
                conclusive += 1;
                called += calls;
                finished += returned;
            }
            Verdict::Inconclusive(reason) => *reasons.entry(reason).or_insert(0) += 1,
        }
    }
    println!("differential: {conclusive} of {modules} modules conclusive");
    println!("differential: {called} calls agree, of which {finished} returned");
    println!("differential: inconclusive: {reasons:?}");
    let without_peer = reasons.get(ANY_NAN).copied().unwrap_or(0);
    assert!(
        conclusive >= (modules - without_peer) * 4 / 5,
        "only {conclusive} modules were compared with the peer: {reasons:?}"
    );
}
