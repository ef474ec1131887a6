use std::ffi::OsString;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, Environment, File, FileFormat};

use super::{LogFormat, Settings};

/// The file that is read when it is there and no other is named.
const FILE: &str = "nexusflow.toml";
const PREFIX: &str = "NEXUSFLOW_";

/// What flags of the command line set; it overrides file and environment.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `database.url`
    pub database_url: Option<String>,
    /// `http.address`
    pub address: Option<String>,
    /// `http.development`
    pub development: Option<bool>,
    /// `worker.enabled`
    pub worker: Option<bool>,
    /// `log.format`
    pub log_format: Option<LogFormat>,
}

/// Settings that cannot be used: which key, and what was expected.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The named file is not there.
    #[error("the configuration file {} does not exist", .0.display())]
    NoFile(PathBuf),
    /// A variable of ours is not UTF-8.
    #[error("the environment variable {0} is not valid UTF-8")]
    NotText(String),
    /// A file that is not TOML, an unknown key, or a bad value.
    #[error("bad configuration: {0}")]
    Bad(String),
}

impl From<ConfigError> for SettingsError {
    fn from(error: ConfigError) -> Self {
        // One line: a TOML error quotes the place on several.
        let text = error.to_string();
        Self::Bad(text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" "))
    }
}

impl Settings {
    /// Reads the file (the named one must exist), the process's environment and the flags.
    pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self, SettingsError> {
        Self::load_from(file, std::env::vars_os(), overrides)
    }

    /// The same with a given environment. Variables are named `NEXUSFLOW_` + section + `__` + key;
    /// others that begin with `NEXUSFLOW_` are not settings.
    pub fn load_from(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        overrides: &Overrides,
    ) -> Result<Self, SettingsError> {
        if let Some(missing) = file.filter(|file| !file.is_file()) {
            return Err(SettingsError::NoFile(missing.to_owned()));
        }
        let path = file.unwrap_or(Path::new(FILE));
        let mut variables = config::Map::new();
        for (name, value) in environment {
            let Some(name) = name.to_str().filter(|name| is_setting(name)) else { continue };
            let value = value.into_string().map_err(|_| SettingsError::NotText(name.to_owned()))?;
            variables.insert(name.to_owned(), value);
        }
        let environment =
            Environment::with_prefix("NEXUSFLOW").prefix_separator("_").separator("__").source(Some(variables));
        let format = overrides.log_format.map(|format| match format {
            LogFormat::Pretty => "pretty",
            LogFormat::Json => "json",
        });
        let config = Config::builder()
            .add_source(File::from(path).format(FileFormat::Toml).required(false))
            .add_source(environment)
            .set_override_option("database.url", overrides.database_url.clone())?
            .set_override_option("http.address", overrides.address.clone())?
            .set_override_option("http.development", overrides.development)?
            .set_override_option("worker.enabled", overrides.worker)?
            .set_override_option("log.format", format)?
            .build()?;
        Ok(config.try_deserialize()?)
    }
}

fn is_setting(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|key| key.contains("__"))
}
