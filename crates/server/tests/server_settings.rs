//! Settings: what overrides what, and what a bad one is answered.

use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use nexusflow_server::settings::{LogFormat, Overrides, Secret, Settings, SettingsError};

fn load(file: &str, environment: &[(&str, &str)], overrides: &Overrides) -> Result<Settings, SettingsError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("nexusflow.toml");
    fs::write(&path, file).expect("a file");
    let environment = environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Settings::load_from(Some(&path), environment, overrides)
}

fn refusal(file: &str, environment: &[(&str, &str)]) -> String {
    let error = load(file, environment, &Overrides::default()).expect_err("it must be refused").to_string();
    assert!(!error.contains('\n'), "one line: {error:?}");
    error
}

#[test]
fn flags_override_the_environment_which_overrides_the_file() {
    let file =
        "[http]\naddress = \"127.0.0.1:1\"\ndevelopment = true\n[worker]\nbatch = 7\npoll_interval = \"250ms\"\n";
    let environment = [
        ("NEXUSFLOW_HTTP__ADDRESS", "127.0.0.1:2"),
        ("NEXUSFLOW_LOG__FORMAT", "json"),
        ("NEXUSFLOW_AUTH__TOKEN_SECRET", "0123456789"),
        ("NEXUSFLOW_WORKER__ENABLED", "false"),
        ("NEXUSFLOW_ADMIN_PASSWORD", "not a setting"),
        ("OTHER__THING", "x"),
    ];
    let settings = load(file, &environment, &Overrides::default()).expect("settings");
    assert_eq!(settings.http.address.port(), 2);
    assert!(settings.http.development && !settings.worker.enabled);
    assert_eq!((settings.worker.batch, settings.worker.poll_interval), (7, Duration::from_millis(250)));
    assert_eq!(settings.log.format, LogFormat::Json);
    assert_eq!(settings.auth.token_secret.as_ref().map(Secret::reveal), Some("0123456789"), "digits stay text");
    let flags = Overrides {
        address: Some("127.0.0.1:3".to_owned()),
        database_url: Some("sqlite::memory:".to_owned()),
        worker: Some(true),
        development: Some(false),
        log_format: Some(LogFormat::Pretty),
    };
    let settings = load(file, &environment, &flags).expect("settings");
    assert_eq!((settings.http.address.port(), settings.http.development), (3, false));
    assert_eq!((settings.database.url.reveal(), settings.log.format), ("sqlite::memory:", LogFormat::Pretty));
    assert!(settings.worker.enabled);
}

#[test]
fn without_anything_set_there_are_defaults() {
    let settings = load("", &[], &Overrides::default()).expect("settings");
    assert_eq!(settings.database.url.reveal(), "sqlite://nexusflow.db?mode=rwc");
    assert_eq!(settings.http.address.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.auth.token_lifetime, Duration::from_mins(15));
    let (lifetime, idle) = (settings.auth.session_lifetime, settings.auth.session_idle);
    assert_eq!((lifetime, idle), (Duration::from_hours(30 * 24), Duration::from_hours(7 * 24)));
    assert!(settings.worker.enabled && !settings.http.development && !settings.http.trust_proxy);
}

#[test]
fn a_bad_value_is_refused_with_its_key_and_what_was_expected() {
    for (name, value, key, expected) in [
        ("NEXUSFLOW_HTTP__ADDRESS", "localhost", "http.address", "127.0.0.1:8080"),
        ("NEXUSFLOW_HTTP__PUBLIC_URL", "flow.example", "http.public_url", "https://flow.example"),
        ("NEXUSFLOW_HTTP__TRUST_PROXY", "maybe", "http.trust_proxy", "true or false"),
        ("NEXUSFLOW_DATABASE__MAX_CONNECTIONS", "0", "database.max_connections", "1 to 1000"),
        ("NEXUSFLOW_WORKER__BATCH", "-1", "worker.batch", "1 to 10000"),
        ("NEXUSFLOW_AUTH__TOKEN_LIFETIME", "15", "auth.token_lifetime", "15m"),
        ("NEXUSFLOW_AUTH__SESSION_IDLE", "400d", "auth.session_idle", "366d"),
        ("NEXUSFLOW_LOG__FORMAT", "xml", "log.format", "json"),
    ] {
        let error = refusal("", &[(name, value)]);
        assert!(error.contains(key) && error.contains(expected), "{name}: {error}");
        let (section, name) = key.split_once('.').expect("a key");
        let error = refusal(&format!("[{section}]\n{name} = \"{value}\"\n"), &[]);
        assert!(error.contains(key) && error.contains(expected), "in the file: {error}");
    }
}

#[test]
fn an_unknown_key_is_refused_by_name() {
    let error = refusal("[http]\nport = 80\n", &[]);
    assert!(error.contains("port") && error.contains("http") && error.contains("address"), "{error}");
    let error = refusal("[html]\nport = 80\n", &[]);
    assert!(error.contains("html") && error.contains("database"), "{error}");
    let error = refusal("", &[("NEXUSFLOW_HTTP__PORT", "80")]);
    assert!(error.contains("port"), "{error}");
}

#[test]
fn a_file_that_is_no_toml_or_not_there_is_refused() {
    let error = refusal("[http\naddress", &[]);
    assert!(error.contains("nexusflow.toml"), "{error}");
    let missing = std::path::Path::new("/nowhere/nexusflow.toml");
    let error = Settings::load_from(Some(missing), [], &Overrides::default()).expect_err("it must be refused");
    assert_eq!(error.to_string(), "the configuration file /nowhere/nexusflow.toml does not exist");
}

#[test]
fn settings_can_be_logged_without_showing_a_secret() {
    let environment = [
        ("NEXUSFLOW_AUTH__TOKEN_SECRET", "hidden-secret-hidden-secret-hidden"),
        ("NEXUSFLOW_AUTH__PREVIOUS_TOKEN_SECRET", "hidden-secret-hidden-secret-hidden"),
        ("NEXUSFLOW_DATABASE__URL", "postgres://ada:hidden@db/flow"),
    ];
    let settings = load("", &environment, &Overrides::default()).expect("settings");
    let shown = format!("{settings:?}");
    assert!(!shown.contains("hidden") && shown.contains("postgres://ada:***@db/flow"), "{shown}");
}

#[test]
fn where_steps_may_go_is_a_list_or_a_text_with_commas() {
    let file = "[connectors.http]\nallow = [\"erp.corp\", \"10.1.0.0/16\"]\nports = [\"443\"]\n";
    let environment =
        [("NEXUSFLOW_CONNECTORS__HTTP__ONLY", "api.example.org, *.example.com"), ("NEXUSFLOW_WORKER__ACTIONS", "7")];
    let settings = load(file, &environment, &Overrides::default()).expect("settings");
    let rules = |texts: [&str; 2]| texts.map(|text| text.parse().expect("a rule")).to_vec();
    let http = settings.connectors.http;
    assert_eq!(
        (http.allow, http.only),
        (rules(["erp.corp", "10.1.0.0/16"]), rules(["api.example.org", "*.example.com"]))
    );
    assert_eq!((http.ports, http.max_response, settings.worker.actions), (vec![443], 1_048_576, 7));
    assert!(settings.connectors.smtp.url.is_none());
    for (name, value, expected) in [
        ("NEXUSFLOW_CONNECTORS__HTTP__ALLOW", "http://x", "expected a host"),
        ("NEXUSFLOW_CONNECTORS__HTTP__PORTS", "80,x", "\"x\": invalid digit"),
        ("NEXUSFLOW_CONNECTORS__HTTP__MAX_RESPONSE", "0", "expected a whole number from 1024"),
        ("NEXUSFLOW_WORKER__ACTIONS", "0", "expected a whole number from 1"),
    ] {
        let error = refusal("", &[(name, value)]);
        assert!(error.contains(expected), "{error}");
    }
    let secret = [("NEXUSFLOW_CONNECTORS__SMTP__URL", "smtps://ann:hunter2@mail.example.org")];
    let settings = load("", &secret, &Overrides::default()).expect("settings");
    assert!(!format!("{settings:?}").contains("hunter2"));
}
