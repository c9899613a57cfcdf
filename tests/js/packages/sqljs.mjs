// Asks SQLite for sums over 200,000 rows.
import initSqlJs from "sql.js";

const SQL = await initSqlJs();
const db = new SQL.Database();
db.run("create table t(a int,b text); insert into t values (1,'x'),(2,'y'),(3,'z')");
const query = `with recursive c(n) as (select 1 union all select n+1 from c where n<200000)
  select count(*) k,sum(n*n%7) s,(select group_concat(b,'') from t) g, sqlite_version() v from c`;
console.log(JSON.stringify(db.exec(query)[0]));
