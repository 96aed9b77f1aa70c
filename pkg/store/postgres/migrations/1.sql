-- The first schema. Keys and scopes are found by the SHA-256 of their text, since any text may be one and an index takes only
-- short ones; the text stands beside it for whoever looks.

create table kv (
  id bytea primary key,
  key text not null,
  value text not null,
  at timestamptz not null default clock_timestamp()
);

-- Who may write to a scope. Whoever has it, has the advisory lock "session" for as long as the connection lives.
create table scope (
  id bytea primary key,
  scope text not null,
  epoch bigint not null,
  session bigint,
  owner json,
  former json,
  origin text not null,
  rewound boolean not null default false,
  at timestamptz not null default clock_timestamp()
);

create table journal (
  seq bigint generated always as identity primary key,
  scope bytea not null,
  epoch bigint not null,
  entry json not null,
  at timestamptz not null default clock_timestamp()
);
create index on journal (scope, seq);

create table turn (
  id bytea primary key,
  key text not null,
  next timestamptz not null,
  at timestamptz not null
);

-- Records are only ever added, and details too.
create table history (
  number bigint primary key,
  prev text not null,
  record json not null,
  digest text not null,
  at timestamptz not null default clock_timestamp()
);

create table head (
  one boolean primary key default true check (one),
  number bigint not null,
  prev text not null,
  digest text not null
);
insert into head (number, prev, digest) values (0, '', '');

create table details (
  digest text primary key,
  upload uuid not null unique,
  rows bigint not null,
  bytes bigint not null,
  at timestamptz not null default clock_timestamp()
);

create table detail (
  upload uuid not null,
  n bigint not null,
  text text not null,
  primary key (upload, n)
);
