//! Whether the service gets slower as its database fills: the same requests on databases of different
//! sizes, in turns.

use std::{collections::HashMap, rc::Rc, sync::Arc};

use countersign::jose::seal::Vault;

use crate::{
    client::Registered,
    clients::{Bearer, Call, Exchange, First, Introspect, Scattered, Stock},
    load::{Line, Request, Work},
    options::{Options, WARM_UP},
    population::{Population, first_refresh, opaque, vault},
    process::Server,
    rows::{Contender, Row, Side, Stand},
    seed, sitting, table,
    world::World,
};

/// Measures on databases of so many grants, sessions and tokens each; the table in Markdown.
pub(crate) fn stored(options: &Options, sizes: &[u64]) -> anyhow::Result<String> {
    let servers = [("servers/opaque.toml", SERVER)];
    let variables = [("COUNTERSIGN_SERVERS", "demo,opaque"), ("OPAQUE_SECRET", SECRET)];
    let world = Rc::new(World::with(&servers, &variables)?);
    let codes = (options.seconds + WARM_UP).as_secs() * MOST;
    let filled = sizes.iter().map(|size| Filled::new(&world, *size, codes));
    let filled = filled.collect::<anyhow::Result<Vec<_>>>()?;
    let mut lines = String::from(table::HEAD);
    for (name, stand) in KINDS {
        eprintln!("{name}");
        let contenders = filled.iter().enumerate().map(|(at, filled)| {
            let (filled, clients) = (filled.clone(), options.clients);
            Contender {
                // The first size is what the others are compared to.
                side: if at == 0 { Side::Floor } else { Side::Ours },
                name: filled.name,
                start: Box::new(move || Ok(stand(&filled, filled.start()?, clients))),
            }
        });
        let row = Row { name, contenders: contenders.collect() };
        lines += &table::lines(name, &sitting::measure(&row, options)?);
    }
    Ok(lines)
}

/// A database of one size.
#[derive(Clone)]
struct Filled {
    world: Rc<World>,
    vault: Rc<Vault>,
    name: &'static str,
    size: u64,
    codes: u64,
    database: String,
}

/// How a server's clients are made.
type Made = fn(&Filled, Server, usize) -> Stand;

const KINDS: [(&str, Made); 4] =
    [("bearer", bearer), ("introspect", introspect), ("exchange", exchange), ("refresh", refresh)];

impl Filled {
    fn new(world: &Rc<World>, size: u64, codes: u64) -> anyhow::Result<Self> {
        eprintln!("writing {size} grants, sessions and tokens");
        let database = format!("{size}-stored.db");
        let vault = world.looked_at(async |_, config| vault(config))?;
        world.fill(&database, async |store, config| {
            Population::new(Arc::clone(&store), config, world).await?.fill(size).await?;
            seed::codes(&*store, world, size..size + codes).await
        })?;
        let (world, vault) = (Rc::clone(world), Rc::new(vault));
        // Names of contenders last as long as the program, and there are a handful.
        let name = Box::leak(format!("{size} stored").into_boxed_str());
        Ok(Self { world, vault, name, size, codes, database })
    }

    fn start(&self) -> anyhow::Result<Server> {
        self.world.start(&self.database, &[])
    }

    fn client(&self) -> Registered {
        Rc::clone(&self.world.client)
    }

    /// Opaque tokens from all over the database, so many as stand in the smallest one.
    fn tokens(&self) -> Rc<Vec<String>> {
        let step = (self.size / SAMPLE).max(1);
        let numbers = (0..self.size).step_by(usize::try_from(step).unwrap_or(1));
        let sample = numbers.take(usize::try_from(SAMPLE).unwrap_or(1));
        Rc::new(sample.map(|number| opaque(number).reveal().to_owned()).collect())
    }
}

/// Opaque tokens at the gate, which keeps what it looked up.
fn bearer(filled: &Filled, server: Server, _: usize) -> Stand {
    let call = Call {
        request: |host| Request::delete(host, "/opaque"),
        host: filled.world.client.host.clone(),
        body: None,
        status: 400,
    };
    let (address, call, tokens) = (server.address, Rc::new(call), filled.tokens());
    let stock = Stock::endless();
    Stand::new(server, move || Bearer {
        line: Line::new(address),
        call: Rc::clone(&call),
        tokens: Rc::clone(&tokens),
        stock: Some(stock.clone()),
    })
}

/// The same tokens by introspection, which looks every time.
fn introspect(filled: &Filled, server: Server, _: usize) -> Stand {
    let host = filled.world.client.host.clone();
    let (address, tokens, stock) = (server.address, filled.tokens(), Stock::endless());
    Stand::new(server, move || Introspect {
        line: Line::new(address),
        host: host.clone(),
        authorization: AUTHORIZATION.to_owned(),
        tokens: Rc::clone(&tokens),
        stock: stock.clone(),
    })
}

fn exchange(filled: &Filled, server: Server, _: usize) -> Stand {
    let (address, client) = (server.address, filled.client());
    let codes = Stock::from(filled.size, filled.codes);
    Stand::new(server, move || Exchange {
        line: Line::new(address),
        client: Rc::clone(&client),
        codes: codes.clone(),
    })
}

/// Each time another grant, from all over the database.
fn refresh(filled: &Filled, server: Server, clients: usize) -> Stand {
    let (address, client, grants) = (server.address, filled.client(), filled.size);
    let vault = Rc::clone(&filled.vault);
    let first: Rc<First> = Rc::new(move |n| first_refresh(&vault, n).reveal().to_owned());
    let make = move |number: usize| {
        let scattered = Scattered {
            line: Line::new(address),
            client: Rc::clone(&client),
            first: Rc::clone(&first),
            number: number as u64,
            clients: clients as u64,
            grants,
            rotated: HashMap::new(),
            dice: number as u64,
        };
        Ok(Box::new(scattered) as Box<dyn Work>)
    };
    Stand { server, behind: None, clients: Box::new(make) }
}

/// More codes than are redeemed in a second.
const MOST: u64 = 10_000;
/// How many tokens take turns.
const SAMPLE: u64 = 1000;
const SECRET: &str = "a-secret-of-thirty-two-characters";
/// `opaque` and that secret, in base64.
const AUTHORIZATION: &str = "Basic b3BhcXVlOmEtc2VjcmV0LW9mLXRoaXJ0eS10d28tY2hhcmFjdGVycw==";
const SERVER: &str = r#"path = "/opaque"
name = "Opaque tokens"
upstream = "demo"
tokens = "opaque"
introspection = { secret = "${OPAQUE_SECRET}" }

[[scope]]
name = "read"
says = "Read"
"#;
