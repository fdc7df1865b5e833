import type { Kind } from "./probe-table.ts";

/** Who a difference is for: the folder of src/expression that the outermost function lives in. */
export type Group = "numeric" | "text" | "temporal" | "json";

/**
 * A function, operator or cast: its SQL with holes. A hole names what may stand there: a kind of value, `num` (any number), `temporal`, `any`, or a word of
 * {@link WORDS}: a literal.
 */
export interface Template {
  readonly group: Group;
  readonly result: Kind;
  readonly sql: string;
  /** It needs no parentheses where it is an argument of an operator. */
  readonly isAtomic: boolean;
}

/** `result  sql | sql | …` */
const TEMPLATES: Readonly<Record<Group, string>> = {
  numeric: `
int   {int} + {int} ;; {int} - {int} ;; {int} * {int} ;; {num} div {num} ;; {int} % {int} ;; {int} mod {int} ;; -{int}
dec   {dec} + {dec} ;; {dec} - {dec} ;; {dec} * {dec} ;; {dec} / {dec} ;; {int} / {int} ;; {dec} % {dec} ;; -{dec} ;; {dec} * {int} ;; {int} + {dec}
dbl   {dbl} + {dbl} ;; {dbl} - {num} ;; {dbl} * {num} ;; {num} / {dbl} ;; {dbl} % {num} ;; -{dbl} ;; {num} + {text} ;; {any} + {any} ;; {any} * {any}
int   {int} & {int} ;; {int} | {int} ;; {int} ^ {int} ;; ~{int} ;; {int} << {small} ;; {int} >> {small} ;; bit_count({any}) ;; {bin} & {bin} ;; {num} | {num}
int   abs({int}) ;; sign({num}) ;; ceil({num}) ;; ceiling({any}) ;; floor({num}) ;; round({int}) ;; round({num}) ;; crc32({any}) ;; mod({num}, {num})
dec   abs({dec}) ;; +{dec} ;; round({dec}, {small}) ;; truncate({dec}, {small}) ;; round({num}, {small}) ;; truncate({num}, {small}) ;; round({dec}) ;; round({dec}, {int})
dbl   abs({any}) ;; sqrt({num}) ;; pow({num}, {small}) ;; power({num}, {num}) ;; round({dbl}) ;; round({dbl}, {small}) ;; truncate({dbl}, {small}) ;; pi()
dbl   exp({small}) ;; ln({num}) ;; log({num}) ;; log({num}, {num}) ;; log2({num}) ;; log10({num}) ;; degrees({num}) ;; radians({num})
dbl   sin({num}) ;; cos({num}) ;; tan({num}) ;; cot({num}) ;; asin({num}) ;; acos({num}) ;; atan({num}) ;; atan2({num}, {num})
int   greatest({int}, {int}) ;; least({int}, {int}, {int}) ;; interval({int}, {int}, {int}) ;; interval({num}, {num}, {num}, {num})
dec   greatest({dec}, {num}) ;; least({num}, {num})
int   cast({any} as signed) ;; cast({any} as unsigned) ;; cast({num} as signed) ;; cast({text} as signed) ;; convert({any}, unsigned) ;; cast({any} as year)
dec   cast({any} as decimal(10,2)) ;; cast({num} as decimal(65,30)) ;; cast({text} as decimal(20,4)) ;; cast({any} as decimal) ;; cast({num} as decimal(5,3))
dbl   cast({any} as double) ;; cast({num} as float) ;; cast({text} as double)
bool  {num} = {num} ;; {num} <> {num} ;; {num} < {num} ;; {num} <= {num} ;; {num} > {num} ;; {num} >= {num} ;; {num} <=> {num} ;; {num} != {num}
bool  {any} = {any} ;; {any} < {any} ;; {any} <=> {any} ;; {any} >= {any} ;; {any} between {any} and {any} ;; {any} in ({any}, {any}) ;; {any} not in ({any}, {any}, {any})
bool  {num} between {num} and {num} ;; {num} not between {num} and {num} ;; {int} in ({int}, {int}, {int}) ;; {num} in ({num}, {num}) ;; {int} in (1, 2, 3) ;; {num} not in ({num}, null)
bool  {bool} and {bool} ;; {bool} or {bool} ;; {bool} xor {bool} ;; not {bool} ;; !{bool} ;; {bool} && {bool} ;; {any} and {any} ;; {any} or {any} ;; not {any} ;; {any} xor {any}
bool  {any} is null ;; {any} is not null ;; {any} is true ;; {any} is not true ;; {any} is false ;; {bool} is unknown ;; {bool} is not unknown ;; isnull({any}) ;; {any} is not false
int   if({bool}, {int}, {int}) ;; ifnull({int}, {int}) ;; nullif({int}, {int}) ;; coalesce({int}, {int}, {int}) ;; case {int} when {int} then {int} else {int} end ;; case when {bool} then {int} end
dec   if({bool}, {dec}, {dec}) ;; ifnull({dec}, {num}) ;; nullif({dec}, {num}) ;; coalesce({dec}, {num}) ;; case when {bool} then {dec} when {bool} then {int} else {dec} end
dbl   if({any}, {dbl}, {num}) ;; ifnull({num}, {dbl}) ;; nullif({dbl}, {any}) ;; case {any} when {any} then {dbl} else {num} end
text  if({bool}, {text}, {text}) ;; ifnull({text}, {text}) ;; nullif({text}, {text}) ;; coalesce({text}, {text}, 'x') ;; case {text} when {text} then {text} else {text} end
text  if({bool}, {any}, {any}) ;; ifnull({any}, {any}) ;; coalesce({any}, {any}) ;; case {any} when {any} then {any} when {any} then {any} else {any} end ;; nullif({any}, {any})
date  if({bool}, {date}, {date}) ;; ifnull({date}, {date}) ;; coalesce({date}, {date})
datetime if({bool}, {datetime}, {temporal}) ;; ifnull({datetime}, {datetime}) ;; coalesce({temporal}, {datetime}) ;; case when {bool} then {datetime} else {datetime} end
time  if({bool}, {time}, {time}) ;; ifnull({time}, {time}) ;; nullif({time}, {time})
json  if({bool}, {json}, {json}) ;; ifnull({json}, {json})
text  greatest({text}, {text}) ;; least({text}, {text}) ;; greatest({any}, {any}) ;; least({any}, {any})
datetime greatest({datetime}, {datetime}) ;; least({temporal}, {temporal})
`,
  text: `
bool  {text} = {text} ;; {text} < {text} ;; {text} <=> {text} ;; {text} >= {text} ;; {text} <> {text} ;; {text} between {text} and {text} ;; {text} in ({text}, {text}) ;; {text} in ('a', 'b', 'abc')
bool  {text} like {pattern} ;; {text} not like {pattern} ;; {text} like {text} ;; {text} like {pattern} escape '|' ;; {any} like {pattern} ;; binary {text} = {text} ;; {label} = {text} ;; {label} = 'paid'
bool  {text} regexp {regexp} ;; {text} rlike {regexp} ;; {text} not regexp {regexp} ;; regexp_like({text}, {regexp}) ;; regexp_like({text}, {regexp}, 'c')
bool  {text} collate utf8mb4_bin = {text} ;; {text} collate utf8mb4_0900_as_cs < {text} ;; {bin} = {text} ;; {bin} < {bin}
text  concat({text}, {text}) ;; concat({any}, {any}) ;; concat({text}, {any}, {text}) ;; concat_ws({text}, {text}, {text}) ;; concat_ws(',', {any}, {any}, {any}) ;; concat({num})
text  upper({text}) ;; lower({text}) ;; ucase({any}) ;; lcase({text}) ;; reverse({text}) ;; quote({text}) ;; trim({text}) ;; ltrim({text}) ;; rtrim({text})
text  trim(both {text} from {text}) ;; trim(leading 'a' from {text}) ;; trim(trailing ' ' from {text}) ;; trim({text} from {text})
text  left({text}, {small}) ;; right({text}, {small}) ;; substring({text}, {small}) ;; substring({text}, {small}, {small}) ;; substr({text} from {small} for {small}) ;; mid({text}, {small}, {small})
text  left({any}, {small}) ;; substring_index({text}, {text}, {small}) ;; substring_index({text}, ',', {small}) ;; lpad({text}, {small}, {text}) ;; rpad({text}, {small}, '*') ;; repeat({text}, {small})
text  replace({text}, {text}, {text}) ;; replace({any}, 'a', 'xyz') ;; insert({text}, {small}, {small}, {text}) ;; elt({small}, {text}, {text}, {text}) ;; space({small})
text  hex({any}) ;; hex({int}) ;; hex({text}) ;; to_base64({any}) ;; bin({int}) ;; oct({num}) ;; conv({text}, {base}, {base}) ;; conv({int}, 10, 16) ;; sha2({any}, 256)
text  format({num}, {small}) ;; make_set({int}, {text}, {text}) ;; export_set({int}, 'Y', 'N', ',', 8) ;; char({int} using utf8mb4) ;; soundex({text}) ;; inet_ntoa({int})
text  regexp_replace({text}, {regexp}, {text}) ;; regexp_substr({text}, {regexp}) ;; regexp_replace({text}, {regexp}, 'x', 1, 1)
text  cast({any} as char) ;; cast({num} as char) ;; cast({text} as char(5)) ;; cast({temporal} as char) ;; convert({any} using utf8mb4) ;; cast({any} as char(3)) ;; convert({text}, char)
text  {text} collate utf8mb4_bin ;; {text} collate utf8mb4_general_ci
bin   unhex({text}) ;; from_base64({text}) ;; char({int}, {int}) ;; cast({any} as binary) ;; cast({text} as binary(6)) ;; concat({bin}, {any}) ;; left({bin}, {small}) ;; binary {text} ;; reverse({bin}) ;; upper({bin}) ;; unhex(hex({any}))
int   length({text}) ;; char_length({text}) ;; character_length({any}) ;; octet_length({any}) ;; bit_length({any}) ;; ascii({any}) ;; ord({text}) ;; length({bin})
int   instr({text}, {text}) ;; locate({text}, {text}) ;; locate({text}, {text}, {small}) ;; position({text} in {text}) ;; strcmp({text}, {text}) ;; strcmp({any}, {any})
int   field({text}, {text}, {text}) ;; field({any}, {any}, {any}) ;; field({int}, {int}, {int}) ;; find_in_set({text}, {text}) ;; find_in_set({text}, 'a,b,abc') ;; find_in_set({text}, {label})
int   regexp_instr({text}, {regexp}) ;; inet_aton({text}) ;; is_uuid({text}) ;; is_ipv4({text}) ;; is_ipv6({text}) ;; is_ipv4_compat({bin}) ;; is_ipv4_mapped(inet6_aton({text}))
bin   inet6_aton({text}) ;; uuid_to_bin({text}) ;; aes_encrypt({text}, 'k')
bool  {text} sounds like {text} ;; {any} regexp {regexp} ;; {text} like {text} escape ''
text  inet6_ntoa({bin}) ;; bin_to_uuid({bin}) ;; substring({any}, {small}, {small}) ;; upper({any}) ;; trim({any}) ;; replace({text}, {text}, '') ;; lower({label}) ;; concat({label}, '-', {date}) ;; elt({int}, {any}, {any})
`,
  temporal: `
int   year({temporal}) ;; month({temporal}) ;; day({temporal}) ;; dayofmonth({any}) ;; hour({temporal}) ;; minute({temporal}) ;; second({temporal}) ;; microsecond({temporal}) ;; quarter({temporal})
int   year({any}) ;; hour({any}) ;; month({text}) ;; dayofweek({temporal}) ;; weekday({temporal}) ;; dayofyear({temporal}) ;; weekofyear({temporal}) ;; week({temporal}) ;; week({temporal}, {mode}) ;; yearweek({temporal}, {mode})
text  get_format(date, 'iso') ;; date_format({date}, get_format(date, 'eur'))
int   yearweek({temporal}) ;; dayofmonth({date}) ;; year({date}) ;; month({datetime}) ;; to_days({temporal}) ;; to_seconds({temporal}) ;; time_to_sec({temporal}) ;; datediff({temporal}, {temporal}) ;; period_add({int}, {small}) ;; period_diff({int}, {int}) ;; to_days({any})
int   timestampdiff({unit}, {temporal}, {temporal}) ;; timestampdiff({unit}, {datetime}, {datetime}) ;; extract({anyunit} from {temporal}) ;; extract({unit} from {any}) ;; {int} + {temporal} ;; {temporal} + 0
dec   unix_timestamp({temporal}) ;; unix_timestamp({datetime}) ;; {datetime} + 0 ;; unix_timestamp({text})
text  dayname({temporal}) ;; monthname({temporal}) ;; date_format({temporal}, {format}) ;; date_format({datetime}, {format}) ;; time_format({temporal}, {format}) ;; date_format({any}, {format}) ;; from_unixtime({num}, {format})
date  date({temporal}) ;; date({any}) ;; last_day({temporal}) ;; from_days({int}) ;; makedate({small}, {int}) ;; makedate({int}, {small}) ;; cast({temporal} as date) ;; cast({any} as date) ;; {date} + interval {small} {dayunit} ;; date_sub({date}, interval {int} {dayunit})
datetime timestamp({temporal}) ;; timestamp({temporal}, {time}) ;; cast({temporal} as datetime) ;; cast({any} as datetime(6)) ;; cast({temporal} as datetime(2)) ;; from_unixtime({num}) ;; from_unixtime({int}) ;; str_to_date({text}, {format}) ;; str_to_date(date_format({datetime}, '%Y-%m-%d %H:%i:%s.%f'), '%Y-%m-%d %H:%i:%s.%f')
datetime date_add({datetime}, interval {small} {unit}) ;; date_sub({datetime}, interval {num} {unit}) ;; {datetime} + interval {int} {unit} ;; {datetime} - interval {small} {unit} ;; adddate({datetime}, {small}) ;; subdate({temporal}, {int}) ;; date_add({temporal}, interval {text} {anyunit}) ;; {date} + interval {small} hour ;; timestampadd({unit}, {small}, {temporal})
datetime addtime({datetime}, {time}) ;; subtime({datetime}, {time}) ;; convert_tz({datetime}, '+00:00', '+08:00') ;; convert_tz({datetime}, '-05:30', '+01:00') ;; date_add({text}, interval {small} {unit})
time  time({temporal}) ;; time({any}) ;; maketime({small}, {small}, {small}) ;; maketime({int}, {int}, {num}) ;; sec_to_time({num}) ;; sec_to_time({int}) ;; timediff({datetime}, {datetime}) ;; timediff({time}, {time}) ;; cast({temporal} as time) ;; cast({any} as time(3)) ;; addtime({time}, {time}) ;; subtime({time}, {text}) ;; {time} + interval {small} {clockunit}
bool  {temporal} = {temporal} ;; {temporal} < {temporal} ;; {temporal} >= {temporal} ;; {datetime} between {temporal} and {temporal} ;; {date} = {text} ;; {datetime} > {text} ;; {time} < {time} ;; {date} in ({date}, {date}) ;; {date} > '2020-01-01' ;; {datetime} <=> {datetime} ;; {temporal} = {any}
`,
  json: `
json  json_extract({json}, {path}) ;; json_extract({json}, {path}, {path}) ;; {jsoncolumn} -> {path} ;; json_array({any}, {any}) ;; json_array({json}) ;; json_object('k', {any}) ;; json_object('b', {any}, 'a', {json}) ;; json_keys({json}) ;; json_keys({json}, {path})
json  json_set({json}, {path}, {any}) ;; json_insert({json}, {path}, {any}) ;; json_replace({json}, {path}, {any}) ;; json_remove({json}, {path}) ;; json_merge_patch({json}, {json}) ;; json_merge_preserve({json}, {json}) ;; json_array_append({json}, {path}, {any}) ;; json_array_insert({json}, '$[1]', {any})
json  cast({json} as json) ;; cast({num} as json) ;; cast({temporal} as json) ;; cast({text} as json) ;; json_search({json}, 'one', {pattern}) ;; json_search({json}, 'all', {text}) ;; cast({any} as json)
text  json_unquote({json}) ;; json_unquote({text}) ;; {jsoncolumn} ->> {path} ;; json_type({json}) ;; json_quote({text}) ;; json_pretty({json}) ;; json_unquote(json_extract({json}, {path})) ;; json_value({json}, {path}) ;; concat({json}, {text})
int   json_length({json}) ;; json_length({json}, {path}) ;; json_depth({json}) ;; json_valid({any}) ;; json_schema_valid({json}, {json}) ;; json_storage_size({json}) ;; json_value({json}, {path} returning signed) ;; {json} + 0
bool  json_contains({json}, {json}) ;; json_contains({json}, {json}, {path}) ;; json_contains_path({json}, 'one', {path}, {path}) ;; json_contains_path({json}, 'all', {path}) ;; json_overlaps({json}, {json}) ;; {any} member of ({json}) ;; {json} = {json} ;; {json} < {json} ;; {json} = {any} ;; {json} = {int} ;; {jsoncolumn} ->> {path} = {text} ;; {jsoncolumn} -> {path} = {text} ;; {json} in ({json}, {any}) ;; {json} between {json} and {json}
`,
};

/** What may stand in a hole that takes a literal only. */
export const WORDS: Readonly<Record<string, readonly string[]>> = {
  small: ["0", "1", "2", "3", "4", "5", "-1", "-2", "10", "1", "2", "3", "30", "null"],
  mode: ["0", "1", "2", "3", "4", "5", "6", "7"],
  base: ["2", "8", "10", "16", "36", "-10"],
  unit: ["microsecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"],
  anyunit: [
    "second_microsecond",
    "minute_microsecond",
    "minute_second",
    "hour_microsecond",
    "hour_second",
    "hour_minute",
    "day_microsecond",
    "day_second",
    "day_minute",
    "day_hour",
    "year_month",
    "day",
    "month",
  ],
  dayunit: ["day", "week", "month", "quarter", "year"],
  clockunit: ["second", "minute", "hour", "microsecond"],
  format: [
    "'%Y-%m-%d'",
    "'%Y%m%d%H%i%s'",
    "'%W %M %e %Y'",
    "'%d.%m.%y'",
    "'%H:%i:%s.%f'",
    "'%r'",
    "'%T'",
    "'%h:%i %p'",
    "'%j %U %u %V %v %X %x'",
    "'%a %b %D %k %l %w %c'",
    "'%%x%'",
    "'%Y-%m-%d %H:%i:%s'",
    "''",
  ],
  pattern: [
    "'a%'",
    "'%b%'",
    "'_b%'",
    "'%'",
    "''",
    "'abc'",
    "'A_C'",
    "'%\\\\%%'",
    "'a|%'",
    "'%é%'",
    "'1%'",
    "'%ss%'",
    "'__'",
    "'%😀%'",
  ],
  regexp: [
    "'a'",
    "'^a'",
    "'[a-c]+'",
    "'b$'",
    "'^.{2}$'",
    "'a|b'",
    "'[0-9]+'",
    "'\\\\d+'",
    "'(a)(b)?'",
    "'x*'",
    "'[[:alpha:]]+'",
    "'^$'",
    "'é'",
  ],
  path: [
    "'$'",
    "'$.a'",
    "'$.b'",
    "'$.a.b'",
    "'$.a[0]'",
    "'$[0]'",
    "'$[1]'",
    "'$[last]'",
    "'$.*'",
    "'$[*]'",
    "'$**.b'",
    "'$.\"long key\"'",
    "'$.a[1 to 2]'",
    "'$.colour'",
    "'$[5].x'",
    "'$.c'",
  ],
  jsoncolumn: ["j", "j2"],
};

/** All templates. */
export const CATALOGUE: readonly Template[] = Object.entries(TEMPLATES).flatMap(([group, lines]) =>
  lines
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [, result, all] = /^(\w+)\s+(.*)$/.exec(line)!;
      return all!.split(";;").map((sql) => ({
        group: group as Group,
        result: result as Kind,
        sql: sql.trim(),
        isAtomic: /^\w+\(/.test(sql.trim()) || sql.trim().startsWith("case"),
      }));
    }),
);
