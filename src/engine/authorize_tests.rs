use super::*;
use crate::engine::{
    record::AuthMethod,
    samples::{client, verifier},
};

fn params(change: &[(&str, Option<&str>)]) -> Params {
    let challenge = verifier().challenge();
    let mut all = vec![
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", "http://127.0.0.1:5000/cb"),
        ("state", "xyz"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
        ("resource", "http://localhost:8000/mcp"),
    ];
    for (name, value) in change {
        all.retain(|(known, _)| known != name);
        all.extend(value.map(|value| (*name, value)));
    }
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
    Params::parse(&text).unwrap()
}

fn terms() -> Vec<Terms> {
    let server = |id: &str, url: &str| Terms {
        id: ServerId::new(id),
        resource: Resource::new(url),
        scopes: Scopes::parse("read write admin").unwrap(),
    };
    vec![
        server("demo", "http://localhost:8000/mcp"),
        server("other", "http://localhost:8000/other"),
    ]
}

fn proven(params: &Params) -> Result<Proven, PageFault> {
    let client = client(AuthMethod::None, None);
    ClientPart::read(params)?.prove(Some(client), params)
}

fn asked(change: &[(&str, Option<&str>)]) -> Result<Asked, String> {
    let params = params(change);
    let asked = proven(&params).unwrap().ask(&params, &terms());
    asked.map(|(_, asked)| asked).map_err(|answer| {
        let code = answer.outcome.unwrap_err().code.as_str();
        format!("{code} {}", answer.state.unwrap_or_default())
    })
}

#[test]
fn a_good_request_keeps_the_redirect_uri_to_the_byte() {
    let asked = asked(&[("scope", Some("openid read offline_access unknown"))]).unwrap();
    assert_eq!(asked.redirect_uri.as_str(), "http://127.0.0.1:5000/cb");
    assert_eq!(asked.scopes.to_string(), "read");
    assert_eq!(asked.resource.as_str(), "http://localhost:8000/mcp");
}

#[test]
fn no_scope_asks_for_all_the_server_has() {
    let all = "admin read write";
    assert_eq!(asked(&[]).unwrap().scopes.to_string(), all);
    assert_eq!(asked(&[("scope", Some("openid email"))]).unwrap().scopes.to_string(), all);
}

#[test]
fn an_unknown_client_or_foreign_redirect_uri_is_never_redirected() {
    let read = |change: &[(&str, Option<&str>)]| proven(&params(change)).err();
    assert_eq!(read(&[("client_id", None)]), Some(PageFault::NoClient));
    assert_eq!(read(&[("redirect_uri", None)]), Some(PageFault::NoRedirect));
    for evil in ["http://127.0.0.1.evil/cb", "https://evil.example/cb", "http://127.0.0.1/other"] {
        let refused = read(&[("redirect_uri", Some(evil))]);
        assert_eq!(refused, Some(PageFault::UnregisteredRedirect), "{evil}");
    }
    let params = params(&[]);
    let unknown = ClientPart::read(&params).unwrap().prove(None, &params).err();
    assert_eq!(unknown, Some(PageFault::UnknownClient));
}

#[test]
fn every_other_fault_goes_back_with_the_state() {
    let long = "a".repeat(MAX_STATE_BYTES + 1);
    for (change, expected) in [
        (("response_type", None), "invalid_request xyz"),
        (("response_type", Some("token")), "unsupported_response_type xyz"),
        (("response_mode", Some("form_post")), "invalid_request xyz"),
        (("prompt", Some("none login")), "invalid_request xyz"),
        (("request", Some("eyJ")), "request_not_supported xyz"),
        (("request_uri", Some("http://169.254.169.254/")), "request_uri_not_supported xyz"),
        (("code_challenge", None), "invalid_request xyz"),
        (("code_challenge", Some("short")), "invalid_request xyz"),
        (("code_challenge_method", None), "invalid_request xyz"),
        (("code_challenge_method", Some("plain")), "invalid_request xyz"),
        (("resource", Some("http://localhost:8000/none")), "invalid_target xyz"),
        (("resource", Some("http://localhost:8000/mcp#x")), "invalid_target xyz"),
        (("resource", None), "invalid_target xyz"),
        (("scope", Some("nothing-known")), "invalid_scope xyz"),
        (("scope", Some("re\"ad")), "invalid_scope xyz"),
        (("state", Some(long.as_str())), "invalid_request "),
    ] {
        assert_eq!(asked(&[change]).err().as_deref(), Some(expected), "{change:?}");
    }
}

#[test]
fn two_resources_are_refused_and_one_server_needs_no_name() {
    let two = format!(
        "response_type=code&client_id=app&redirect_uri=http://127.0.0.1/cb&code_challenge={}&code_challenge_method=S256",
        verifier().challenge().as_str()
    );
    let one = Params::parse(&two).unwrap();
    let only: Vec<Terms> = terms().into_iter().take(1).collect();
    assert!(proven(&one).unwrap().ask(&one, &only).is_ok());
    let both =
        format!("{two}&resource=http://localhost:8000/mcp&resource=http://localhost:8000/other");
    let both = Params::parse(&both).unwrap();
    let answer = proven(&both).unwrap().ask(&both, &terms()).unwrap_err();
    assert_eq!(answer.outcome.unwrap_err().code, Code::InvalidTarget);
}

#[test]
fn a_state_of_2048_bytes_and_a_hint_of_256_are_kept_and_a_longer_hint_is_dropped() {
    let [state, hint, longer] = [MAX_STATE_BYTES, 256, 257].map(|count| "a".repeat(count));
    let kept = asked(&[("state", Some(&state)), ("login_hint", Some(&hint))]).unwrap();
    assert_eq!((kept.state, kept.login_hint), (Some(state), Some(hint)));
    assert_eq!(asked(&[("login_hint", Some(&longer))]).unwrap().login_hint, None);
}

#[test]
fn what_names_the_client_or_the_place_of_return_twice_is_answered_to_nobody() {
    for name in ["client_id", "redirect_uri"] {
        let twice = format!("client_id=app&redirect_uri=http://127.0.0.1/cb&{name}=x");
        let params = Params::parse_with_repeats(&twice).unwrap();
        assert_eq!(proven(&params).err(), Some(PageFault::Repeated(name)));
    }
}

#[test]
fn any_other_parameter_given_twice_is_refused_to_the_client() {
    let params = Params::parse_with_repeats(
        "client_id=app&redirect_uri=http://127.0.0.1/cb&scope=read&scope=admin",
    )
    .unwrap();
    let answer = proven(&params).unwrap().ask(&params, &terms()).unwrap_err();
    let error = answer.outcome.unwrap_err();
    assert_eq!(error.code, Code::InvalidRequest);
    assert!(error.description.contains("scope is given more than once"), "{error:?}");
}

#[test]
fn none_among_the_words_of_prompt_is_never_and_login_signs_in_anew() {
    let prompt = |words| asked(&[("prompt", words)]).map(|asked| asked.prompt);
    assert_eq!(prompt(None), Ok(Prompt::Usual));
    assert_eq!(prompt(Some("")), Ok(Prompt::Usual));
    assert_eq!(prompt(Some("none")), Ok(Prompt::Never));
    assert_eq!(prompt(Some("consent login")), Ok(Prompt::SignIn));
    for words in ["consent", "select_account", "nonesuch logins"] {
        assert_eq!(prompt(Some(words)), Ok(Prompt::Ask), "{words}");
    }
}
