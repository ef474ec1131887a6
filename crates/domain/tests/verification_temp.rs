mod verification_support;
use nexusflow_domain::workflow::verification::*;
use verification_support::random::Random;
use verification_support::random_flow;
#[test]
fn sizes() {
    let mut times = Vec::new();
    let mut unknown = 0; let mut notshort=0; let mut kinds = std::collections::BTreeMap::new();
    for seed in 0..20000u64 {
        let mut r = Random::new(seed * 7919 + 13);
        let g = match seed % 3 { 0 => random_flow::wild(&mut r, 60), 1 => {let c = r.below(4); random_flow::structured(&mut r, 6, c)}, _ => {let c = 1+r.below(3); random_flow::structured(&mut r, 5, c)} };
        for ends in [EndSemantics::WorkflowNet, EndSemantics::Bpmn] {
        let net = net_of_flow_graph(&g, ends).unwrap();
        let b = std::time::Instant::now();
        let exp = || b.elapsed().as_secs() >= 2;
        let v = verify(&net, Limits{ expired: &exp, bytes: DEFAULT_BYTES });
        times.push((b.elapsed(), seed, g.nodes.len(), format!("{ends:?}"), match &v { Verdict::Sound => "sound".to_string(), Verdict::Unknown{..} => "UNKNOWN".into(), Verdict::Unsound{violation, trace} => format!("{} {}", violation.code(), trace.is_shortest)} ));
        if let Verdict::Unsound{trace, ..} = &v { if !trace.is_shortest {notshort+=1;} }
        if let Verdict::Unknown{..} = v { unknown+=1; }
        *kinds.entry(times.last().unwrap().4.clone()).or_insert(0)+=1;
        }
    }
    times.sort();
    for t in times.iter().rev().take(12) { println!("{t:?}"); }
    println!("p50 {:?} p99 {:?} p999 {:?} unknown {unknown} notshort {notshort} {kinds:?}", times[times.len()/2].0, times[times.len()*99/100].0, times[times.len()*999/1000].0);
}
