//! x
use bolide_fuzz::*;
fn main(){ let mut m=std::collections::BTreeMap::new();
 for s in 0..300u64 { let mut r=Random::new(s); let len=64+r.below(2048); let b=r.bytes(len);
  let k = match generate::any(&b){ Err(e)=>format!("gen {e:?}"), Ok(w)=> match bolide_module::Module::new(&Default::default(), Default::default(), w.into()) { Ok(_)=>"ok".to_string(), Err(e)=>{let s=e.to_string(); s[..s.len().min(90)].to_string()} } };
  *m.entry(k).or_insert(0)+=1; }
 for (k,v) in m { println!("{v} {k}"); } }
