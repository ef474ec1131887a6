//! The workspace as Cargo describes it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::layers::{Arrow, Kind};

/// The member crates, where they live and what they declare to depend on.
pub struct Workspace {
    /// Folder of the root manifest.
    pub root: PathBuf,
    /// Folder of what is built.
    pub target: PathBuf,
    /// Names of the member crates.
    pub crates: BTreeSet<String>,
    /// Every declared dependency, optional and platform-specific ones included.
    pub arrows: BTreeSet<Arrow>,
}

impl Workspace {
    /// Reads the manifests. Nothing is resolved, so neither the lock file nor the network is needed.
    pub fn read() -> anyhow::Result<Self> {
        let metadata = MetadataCommand::new().no_deps().exec().context("cargo metadata failed")?;
        let members = metadata.workspace_packages();
        let arrows = members.iter().flat_map(|package| {
            package.dependencies.iter().map(|dependency| Arrow {
                from: package.name.to_string(),
                to: dependency.name.clone(),
                kind: kind(dependency.kind),
            })
        });
        Ok(Self {
            crates: members.iter().map(|package| package.name.to_string()).collect(),
            arrows: arrows.collect(),
            target: metadata.target_directory.clone().into_std_path_buf(),
            root: metadata.workspace_root.clone().into_std_path_buf(),
        })
    }

    /// The Cargo that runs this tool, to be started in the root folder.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root);
        command
    }
}

/// A kind that Cargo may invent later is held to the strict rules.
fn kind(kind: DependencyKind) -> Kind {
    match kind {
        DependencyKind::Development => Kind::Dev,
        DependencyKind::Build => Kind::Build,
        DependencyKind::Normal | DependencyKind::Unknown => Kind::Normal,
    }
}
