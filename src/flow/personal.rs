//! Personal access tokens: made for a person at one server, within what the person may do there.

use std::{cmp::Reverse, sync::Arc, time::Duration};

use crate::{
    ambient::{Clock, Entropy, Timestamp, random},
    engine::{
        authorize::Terms,
        record::{Authorization, HeldIdentity, IdentityKey, PersonalToken, User},
    },
    flow::standing::{Fallen, Standing},
    protocol::{
        id::{ClientId, GrantId, ServerId, UserId},
        scope::Scopes,
        secret::PersonalAccessToken,
    },
    store::{Store, StoreError},
};

/// Makes and lists personal tokens. Their end is a grant's, by whoever ends grants.
pub struct PersonalTokens {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Decides what a person may have.
    pub standing: Arc<Standing>,
    /// The servers that take such tokens.
    pub guarded: Vec<Terms>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub entropy: Arc<dyn Entropy>,
}

/// A token that somebody wants.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Where it is to be good.
    pub server: ServerId,
    /// What for.
    pub scopes: Scopes,
    /// What its owner calls it.
    pub name: String,
    /// For how long.
    pub life: Duration,
}

/// By which of a person's identities, proven when.
#[derive(Clone, Debug)]
pub struct By {
    /// The identity.
    pub identity: IdentityKey,
    /// When the person signed in with it.
    pub auth_time: Timestamp,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum NoToken {
    /// The server is unknown, open, or elsewhere and unable to ask what a token stands for.
    #[error(
        "That server takes no personal tokens: it asks for none, or stands elsewhere without introspection."
    )]
    Server,
    /// Nothing to know it by.
    #[error("A token needs a name of 1 to 80 characters on one line.")]
    Name,
    /// Over [`MAX_LIFE`], or none.
    #[error("A token lives between one minute and 365 days.")]
    Life,
    /// Beyond what the person may do there.
    #[error("These permissions are not this person's at that server: {0}.")]
    Beyond(Scopes),
    /// [`MOST`] are live.
    #[error("There are {MOST} tokens already; revoke one first.")]
    TooMany,
    /// The person is not admitted, as they stand.
    #[error(transparent)]
    Fallen(Fallen),
}

impl PersonalTokens {
    /// Makes a token, to be shown once.
    ///
    /// # Errors
    /// [`NoToken`].
    pub async fn create(
        &self,
        user: &UserId,
        by: By,
        wish: &Wish,
    ) -> Result<(PersonalAccessToken, PersonalToken), NoToken> {
        let terms = self.terms(&wish.server).ok_or(NoToken::Server)?;
        let name = name(&wish.name).ok_or(NoToken::Name)?;
        let life = (MIN_LIFE..=MAX_LIFE).contains(&wish.life);
        let now = self.clock.now();
        let end = life.then(|| now.plus(wish.life)).ok_or(NoToken::Life)?;
        self.within(terms, user, &by, &wish.scopes).await?;
        if self.live(user).await?.len() >= MOST {
            return Err(NoToken::TooMany);
        }
        let token = PersonalAccessToken::from_entropy(random(&*self.entropy));
        let id = GrantId::new(self.clock.millis(), random(&*self.entropy));
        let authorization = Authorization {
            user: user.clone(),
            client: ClientId::new(PersonalToken::CLIENT),
            server: terms.id.clone(),
            resource: terms.resource.clone(),
            scopes: wish.scopes.clone(),
            identity: by.identity,
            auth_time: by.auth_time,
        };
        let record = PersonalToken::new(token.digest(), name, (id, authorization), (now, end));
        self.store.put_personal_token(&record).await?;
        tracing::info!(grant = %id, server = %terms.id, "personal token made");
        Ok((token, record))
    }

    /// Makes a token by whichever identity of the person has what is wanted, the one used last first.
    ///
    /// # Errors
    /// [`NoToken`], of the identity used last.
    pub async fn create_for(
        &self,
        user: &User,
        wish: &Wish,
    ) -> Result<(PersonalAccessToken, PersonalToken), NoToken> {
        let mut held = self.store.identities_of(&user.id).await?;
        held.sort_by_key(|held| Reverse(held.seen_at));
        let mut first = None;
        for HeldIdentity { key, seen_at, .. } in held {
            let by = By { identity: key, auth_time: seen_at };
            match self.create(&user.id, by, wish).await {
                Err(fault @ (NoToken::Beyond(_) | NoToken::Fallen(Fallen::Gone(_)))) => {
                    first.get_or_insert(fault);
                }
                done => return done,
            }
        }
        Err(first.unwrap_or(NoToken::Fallen(Fallen::Disabled)))
    }

    /// Where a person may have a token, and what for, as they signed in.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn offers(
        &self,
        user: &UserId,
        by: &By,
    ) -> Result<Vec<(ServerId, Scopes)>, StoreError> {
        let mut offers = Vec::new();
        for terms in &self.guarded {
            match self.standing.reach(terms, user, &by.identity, by.auth_time).await {
                Ok((_, scopes)) => offers.push((terms.id.clone(), scopes)),
                Err(Fallen::Store(error)) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(offers)
    }

    /// A person's tokens that are good now, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn live(&self, user: &UserId) -> Result<Vec<PersonalToken>, StoreError> {
        let now = self.clock.now();
        let mut tokens = self.store.personal_tokens(Some(user)).await?;
        tokens.retain(|token| token.is_live(now));
        Ok(tokens)
    }

    fn terms(&self, server: &ServerId) -> Option<&Terms> {
        self.guarded.iter().find(|terms| terms.id == *server)
    }

    /// All that is wanted, or nothing: a token that may less than it was made for fails where nobody
    /// looks.
    async fn within(
        &self,
        terms: &Terms,
        user: &UserId,
        by: &By,
        wanted: &Scopes,
    ) -> Result<(), NoToken> {
        let (_, reach) = self.standing.reach(terms, user, &by.identity, by.auth_time).await?;
        self.standing.asked(&by.identity, by.auth_time).await?;
        let beyond = wanted.difference(&reach);
        if beyond.is_empty() { Ok(()) } else { Err(NoToken::Beyond(beyond)) }
    }
}

impl From<Fallen> for NoToken {
    fn from(fallen: Fallen) -> Self {
        Self::Fallen(fallen)
    }
}

impl From<StoreError> for NoToken {
    fn from(error: StoreError) -> Self {
        Self::Fallen(Fallen::Store(error))
    }
}

fn name(text: &str) -> Option<String> {
    let name = text.trim();
    let fine = (1..=80).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    fine.then(|| name.to_owned())
}

/// How long a token lives when nobody says.
pub const USUAL_LIFE: Duration = Duration::from_hours(90 * 24);
/// How long one may live.
pub const MAX_LIFE: Duration = Duration::from_hours(365 * 24);
const MIN_LIFE: Duration = Duration::from_mins(1);
/// How many a person may have at once.
pub const MOST: usize = 50;
