//! The demo server's tools. What each needs stands in the server file and is judged before a call
//! arrives here.

use std::sync::{Arc, LazyLock};

use futures_util::future::BoxFuture;
use http::request::Parts;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::{
        router::tool::ToolRouter,
        tool::Extension,
        wrapper::{Json, Parameters},
    },
    model::{
        CacheScope, Implementation, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
        ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
    tool, tool_handler, tool_router,
};

use crate::{
    ambient::Clock,
    demo::answer::{
        Greeting, Moment, ReadDataRequest, Receipt, Records, SecureRequest, UserProfile, WhoAmI,
        rfc3339,
    },
    engine::record::User,
    guard::Caller,
    protocol::id::UserId,
};

/// Finds the stored user behind an id; none when there is no such person any more.
pub type ProfileLookup = Arc<dyn Fn(UserId) -> BoxFuture<'static, Option<User>> + Send + Sync>;

/// The MCP server: tools that show who calls and what they may do.
#[derive(Clone)]
pub(super) struct DemoTools {
    pub(super) profiles: ProfileLookup,
    pub(super) clock: Arc<dyn Clock>,
}

#[tool_router]
impl DemoTools {
    /// Who is calling: the person, the client and what it may do.
    #[tool(
        title = "Who am I",
        description = "Tells who is signed in: user id, name, e-mail address, client, scopes, and when the access ends.",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn whoami(&self, Extension(parts): Extension<Parts>) -> Result<Json<WhoAmI>, ErrorData> {
        Ok(Json(WhoAmI::of(caller(&parts)?)))
    }

    /// The stored user.
    #[tool(
        title = "User profile",
        description = "Returns the signed-in person's profile as stored at the authorization server.",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn user_profile(
        &self,
        Extension(parts): Extension<Parts>,
    ) -> Result<Json<UserProfile>, ErrorData> {
        let user = (self.profiles)(caller(&parts)?.user().clone()).await;
        let user = user.ok_or_else(|| refused("This person is not known here any more."))?;
        Ok(Json(UserProfile::of(&user)))
    }

    /// A few sample records.
    #[tool(
        title = "Read data",
        description = "Returns a few sample records. Needs the scope read.",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn read_data(
        &self,
        Parameters(request): Parameters<ReadDataRequest>,
    ) -> Result<Json<Records>, ErrorData> {
        Ok(Json(Records::sample(request.limit)))
    }

    /// Something only administrators may do.
    #[tool(
        title = "Secure operation",
        description = "Carries out a pretended administrative operation and returns a receipt. Needs the scope admin.",
        annotations(
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        )
    )]
    async fn secure_operation(
        &self,
        Extension(parts): Extension<Parts>,
        Parameters(request): Parameters<SecureRequest>,
    ) -> Result<Json<Receipt>, ErrorData> {
        let by = caller(&parts)?.user().to_string();
        let at = rfc3339(self.clock.now());
        Ok(Json(Receipt { done: true, by, at, reason: request.reason }))
    }

    /// Something that the server file lets nobody do often.
    #[tool(
        title = "Rate limited tool",
        description = "Tells the time. Each person may call it a few times a minute; a call beyond that is refused and says when to try again.",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn rate_limited_tool(&self) -> Json<Moment> {
        Json(Moment { at: rfc3339(self.clock.now()) })
    }

    /// A greeting for whoever is signed in.
    #[tool(
        title = "Public tool",
        description = "Greets anyone who is signed in; needs no particular scope.",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    async fn public_tool(&self) -> Json<Greeting> {
        Json(Greeting { message: "Hello from Countersign's demo server.".to_owned() })
    }
}

#[tool_handler(router = ROUTER)]
impl ServerHandler for DemoTools {
    fn get_info(&self) -> ServerConfig {
        let name = Implementation::new("countersign-demo", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(name.with_title("Countersign demo"))
            .with_instructions("Call whoami to see as whom you are signed in.")
    }

    /// Lists go to one person, so no shared cache may keep them.
    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let listed = ListToolsResult::with_all_items(ROUTER.list_all());
        let version = context.protocol_version();
        let knows_hints = version.is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
        Ok(if knows_hints {
            listed.with_ttl_ms(0).with_cache_scope(CacheScope::Private)
        } else {
            listed
        })
    }
}

fn caller(parts: &Parts) -> Result<&Caller, ErrorData> {
    parts.extensions.get().ok_or_else(|| refused("Nobody is signed in."))
}

fn refused(why: &'static str) -> ErrorData {
    ErrorData::invalid_request(why, None)
}

static ROUTER: LazyLock<ToolRouter<DemoTools>> = LazyLock::new(DemoTools::tool_router);
