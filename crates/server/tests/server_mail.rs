//! Invitations, new passwords and addresses by mail, as people meet them: a running server and a mail server on the
//! loopback interface.

mod live_support;
#[path = "../../connectors/tests/servers/smtp.rs"]
mod smtp;

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use live_support::{ADMIN, Answer, Api, Office, PASSWORD, Running};
use serde_json::{Value, json};
use smtp::SmtpServer;

const SECONDS: Duration = Duration::from_secs(20);
const NEW_PASSWORD: &str = "another sentence nobody guesses";

const INVITE: &str = "mutation($input: InviteMemberInput!) {
  inviteMember(input: $input) { invitation { id status } errors { code message } } }";
const ACCEPT: &str = "mutation($input: AcceptInvitationInput!) {
  acceptInvitation(input: $input) { organization { slug } errors { code message } } }";
const REQUEST_RESET: &str = "mutation($input: RequestPasswordResetInput!) {
  requestPasswordReset(input: $input) { errors { code message } } }";
const RESET: &str =
    "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) { errors { code message } } }";
const REQUEST_VERIFICATION: &str = "mutation { requestEmailVerification { errors { code message } } }";
const VERIFY: &str = "mutation($input: VerifyEmailInput!) { verifyEmail(input: $input) { errors { code message } } }";
const CHANGE_EMAIL: &str = "mutation($input: ChangeEmailInput!) {
  changeEmail(input: $input) { errors { code message } } }";
const UPDATE: &str = "mutation($input: UpdateOrganizationInput!) {
  updateOrganization(input: $input) { organization { version } errors { code message } } }";
const DELETE: &str = "mutation($input: DeleteOrganizationInput!) {
  deleteOrganization(input: $input) { restorableUntil errors { code message } } }";
const RESTORE: &str = "mutation($input: RestoreOrganizationInput!) {
  restoreOrganization(input: $input) { organization { slug } errors { code message } } }";
const ME: &str = "{ me { user { email emailVerifiedAt } } }";

/// A server with an administrator and a mail server.
struct Post {
    mail: SmtpServer,
    server: Running,
    admin: Api,
    nobody: Api,
}

impl Post {
    async fn open(office: &Office<'_>) -> anyhow::Result<Self> {
        let mail = SmtpServer::start(None).await;
        let mut command = office.program(&office.database_url);
        command.env("NEXUSFLOW_CONNECTORS__SMTP__URL", mail.url());
        command.env("NEXUSFLOW_CONNECTORS__SMTP__FROM", "NexusFlow <flow@example.org>");
        command.env("NEXUSFLOW_HTTP__PUBLIC_URL", "https://flow.example");
        command.env("NEXUSFLOW_WORKER__POLL_INTERVAL", "50ms");
        let server = Running::start(command)?;
        let admin = Api::sign_in(&server.address, ADMIN, PASSWORD).await?;
        let nobody = Api::anonymous(&server.address);
        Ok(Self { mail, server, admin, nobody })
    }

    /// Waits for the newest of so many mails and gives it, decoded.
    async fn newest_of(&self, count: usize) -> anyhow::Result<String> {
        let begin = Instant::now();
        loop {
            let mails = self.mail.mails();
            if mails.len() >= count {
                // Quoted-printable, as far as our letters use it.
                return Ok(mails[count - 1].replace("=\r\n", "").replace("=3D", "="));
            }
            if begin.elapsed() > SECONDS {
                bail!("{} of {count} mails have come", mails.len());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The token of a link in a mail.
    async fn token_of(&self, count: usize, page: &str) -> anyhow::Result<String> {
        let mail = self.newest_of(count).await?;
        let begin = format!("https://flow.example/{page}#token=");
        let rest = mail.split_once(&begin).with_context(|| format!("no link to {page} in {mail}"))?.1;
        Ok(rest
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
            .next()
            .unwrap_or_default()
            .to_owned())
    }

    async fn refused(&self, field: &str, query: &str, input: Value) -> anyhow::Result<Option<String>> {
        let answer: Answer = self.nobody.call(query, json!({ "input": input })).await?;
        Ok(answer.refusal(field).map(str::to_owned))
    }
}

fn sqlite(folder: &std::path::Path) -> String {
    format!("sqlite://{}/test.db?mode=rwc", folder.display())
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_invited_accepts_and_signs_in() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), &sqlite(folder.path()))?;
    let post = Post::open(&office).await?;
    let settings = json!({ "settings": { "language": "DE" } });
    post.admin.mutate("updateOrganization", UPDATE, settings).await?;
    let invited = post.admin.mutate("inviteMember", INVITE, json!({ "email": "zoe@example.org" })).await?;
    assert_eq!(invited["invitation"]["status"], "PENDING");
    let token = post.token_of(1, "accept-invitation").await?;
    let mail = post.newest_of(1).await?;
    for part in ["RCPT TO:<zoe@example.org>", "Subject: Einladung zu Example Ltd", "text/html"] {
        assert!(mail.contains(part), "{part} is missing in {mail}");
    }
    // Fetching the link, as scanners of mail do, decides nothing.
    for path in ["/accept-invitation", "/verify-email", "/reset-password", "/link-page.js"] {
        let (status, page) = post.server.get(path).await?;
        assert!(status.is_success() && page.contains("token") | page.contains("link-page.js"), "{path}: {page}");
    }
    let input = json!({ "token": token, "name": "Zoe", "password": NEW_PASSWORD });
    let first = if token.starts_with('A') { 'B' } else { 'A' };
    let other = json!({ "token": format!("{first}{}", &token[1..]), "name": "Eve", "password": NEW_PASSWORD });
    assert_eq!(post.refused("acceptInvitation", ACCEPT, other).await?.as_deref(), Some("INVALID_LINK"));
    let accepted = post.nobody.mutate("acceptInvitation", ACCEPT, input.clone()).await?;
    assert_eq!(accepted["organization"]["slug"], "example");
    assert_eq!(post.refused("acceptInvitation", ACCEPT, input).await?.as_deref(), Some("INVALID_LINK"));
    let zoe = Api::sign_in(&post.server.address, "zoe@example.org", NEW_PASSWORD).await?;
    let me = zoe.call(ME, Value::Null).await?.data("me")?;
    assert!(me["user"]["emailVerifiedAt"].is_string(), "{me}");
    // Neither the log nor the database knows the token.
    let log = format!("{:?}", ["ERROR", "WARN", "INFO"].map(|level| post.server.logged(level)));
    assert!(!log.contains(&token) && !log.contains(NEW_PASSWORD));
    drop(post);
    for file in std::fs::read_dir(folder.path())? {
        let bytes = std::fs::read(file?.path())?;
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()), "the token is stored");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_and_addresses_are_changed_by_mail() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), &sqlite(folder.path()))?;
    let post = Post::open(&office).await?;
    for email in ["nobody@example.org", ADMIN] {
        let begin = Instant::now();
        post.nobody.mutate("requestPasswordReset", REQUEST_RESET, json!({ "email": email })).await?;
        assert!(begin.elapsed() >= Duration::from_millis(500), "the answer takes its time for everybody");
    }
    let token = post.token_of(1, "reset-password").await?;
    assert_eq!(post.refused("verifyEmail", VERIFY, json!({ "token": token })).await?.as_deref(), Some("INVALID_LINK"));
    let input = json!({ "token": token, "newPassword": NEW_PASSWORD });
    post.nobody.mutate("resetPassword", RESET, input.clone()).await?;
    assert_eq!(post.refused("resetPassword", RESET, input).await?.as_deref(), Some("INVALID_LINK"));
    let notice = post.newest_of(2).await?;
    assert!(notice.contains("Subject: Your password was changed"), "{notice}");
    assert!(Api::sign_in(&post.server.address, ADMIN, PASSWORD).await.is_err());
    let ada = Api::sign_in(&post.server.address, ADMIN, NEW_PASSWORD).await?;
    let verified = ada.call(REQUEST_VERIFICATION, Value::Null).await?;
    assert_eq!(verified.refusal("requestEmailVerification"), Some("WRONG_STATE"), "the reset has shown it");
    let input = json!({ "email": "ada@new.example", "password": NEW_PASSWORD });
    ada.mutate("changeEmail", CHANGE_EMAIL, input).await?;
    let token = post.token_of(3, "verify-email").await?;
    post.nobody.mutate("verifyEmail", VERIFY, json!({ "token": token })).await?;
    let notice = post.newest_of(4).await?;
    assert!(notice.contains("RCPT TO:<ada@example.org>") && notice.contains("ada@new.example"), "{notice}");
    Api::sign_in(&post.server.address, "ada@new.example", NEW_PASSWORD).await?;
    assert!(Api::sign_in(&post.server.address, ADMIN, NEW_PASSWORD).await.is_err());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_is_deleted_and_comes_back() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), &sqlite(folder.path()))?;
    let post = Post::open(&office).await?;
    post.admin.mutate("deleteOrganization", DELETE, json!({ "name": "Example Ltd" })).await?;
    assert_eq!(post.admin.call(ME, Value::Null).await?.code(), Some("UNAUTHENTICATED"));
    assert!(Api::sign_in(&post.server.address, ADMIN, PASSWORD).await.is_err());
    let wanted = |password: &str| json!({ "slug": "example", "email": ADMIN, "password": password });
    let refused = post.refused("restoreOrganization", RESTORE, wanted(NEW_PASSWORD)).await?;
    assert_eq!(refused.as_deref(), Some("INVALID_CREDENTIALS"));
    post.nobody.mutate("restoreOrganization", RESTORE, wanted(PASSWORD)).await?;
    Api::sign_in(&post.server.address, ADMIN, PASSWORD).await?;
    post.admin.call(ME, Value::Null).await?.data("me")?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_the_log_says_so_and_mails_wait() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), &sqlite(folder.path()))?;
    {
        let mut command = office.program(&office.database_url);
        command.env("NEXUSFLOW_WORKER__ENABLED", "false");
        let server = Running::start(command)?;
        let told = |line: &Value| line["message"].as_str().is_some_and(|text| text.starts_with("mail is off"));
        assert!(server.beginning.iter().any(told), "{:?}", server.beginning);
        let admin = Api::sign_in(&server.address, ADMIN, PASSWORD).await?;
        admin.mutate("inviteMember", INVITE, json!({ "email": "zoe@example.org" })).await?;
    }
    let post = Post::open(&office).await?;
    post.token_of(1, "accept-invitation").await?;
    Ok(())
}
