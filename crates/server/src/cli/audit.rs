use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use nexusflow_application::insight::{Finding, StreamId, Verification};
use nexusflow_domain::insight::AuditRecord;

use super::CommonArgs;
use super::arguments::{AuditCommand, ExportArgs};
use super::audit_line::audit_line;
use crate::compose::{Parts, compose};
use crate::output;

pub(super) async fn run(command: AuditCommand) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::Verify(args) => verify(&args).await,
        AuditCommand::Export(args) => export(&args).await.map(|()| ExitCode::SUCCESS),
    }
}

async fn verify(args: &CommonArgs) -> anyhow::Result<ExitCode> {
    let services = compose(&args.settings()?, Parts::default()).await?;
    let verified = services.application.audit.verify_all().await;
    services.close().await;
    let verification = verified.context("the audit log could not be read")?;
    for text in report(&verification) {
        output::line(text)?;
    }
    Ok(if verification.is_intact() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A line per finding, and a last one with the sum.
fn report(verification: &Verification) -> Vec<String> {
    let Verification { streams, records, findings } = verification;
    let verdict =
        if findings.is_empty() { "intact".to_owned() } else { format!("BROKEN in {} places", findings.len()) };
    let sum = format!("{verdict}: {records} records in {streams} streams checked");
    findings.iter().map(describe).chain([sum]).collect()
}

fn describe(finding: &Finding) -> String {
    let stream = match finding.stream {
        StreamId::Organization => "administration".to_owned(),
        StreamId::Request(request) => format!("request {request}"),
    };
    let event = finding.event.as_deref().map(|event| format!(" ({event})")).unwrap_or_default();
    format!("{}, {stream}, record {}{event}: {}", finding.organization, finding.seq, finding.problem)
}

async fn export(args: &ExportArgs) -> anyhow::Result<()> {
    let services = compose(&args.common.settings()?, Parts::default()).await?;
    let mut lines: Box<dyn Write + Send> = match &args.out {
        Some(path) => {
            let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(BufWriter::new(io::stdout())),
    };
    let (mut written, mut records) = (Ok(()), 0_u64);
    let mut sink = |record: &AuditRecord| {
        records += 1;
        written = writeln!(lines, "{}", audit_line(record));
        written.is_ok()
    };
    let exported = services.application.audit.export(args.request, &mut sink).await;
    services.close().await;
    exported.context("the audit log could not be read")?;
    output::ignore_closed(written.and_then(|()| lines.flush())).context("the audit log could not be written")?;
    if let (Some(request), 0) = (args.request, records) {
        bail!("there is no request {request}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use nexusflow_application::insight::FindingKind;
    use nexusflow_domain::ids::{OrganizationId, RequestId};
    use nexusflow_domain::insight::ChainBreak;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_finding_names_its_stream_its_record_and_the_event() {
        let request = RequestId::from_uuid(Uuid::from_u128(2));
        let finding = Finding {
            organization: OrganizationId::from_uuid(Uuid::from_u128(1)),
            stream: StreamId::Request(request),
            seq: 5,
            event: Some("STEP_COMPLETED".to_owned()),
            problem: FindingKind::Chain(ChainBreak::Changed),
        };
        let lines = report(&Verification { streams: 3, records: 9, findings: vec![finding] });
        assert_eq!(
            lines,
            [
                "org_00000000000000000000000000000001, request req_00000000000000000000000000000002, record 5 \
                 (STEP_COMPLETED): the content was changed: it does not match its hash",
                "BROKEN in 1 places: 9 records in 3 streams checked"
            ]
        );
        assert_eq!(report(&Verification::default()), ["intact: 0 records in 0 streams checked"]);
    }
}
