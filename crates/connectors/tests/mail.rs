//! Mails against a real server on the loopback interface.

mod servers;

use nexusflow_application::platform::Mailer;
use nexusflow_connectors::{BadMailSettings, NoMail, SmtpMailer};
use nexusflow_domain::request::Mail;
use servers::SmtpServer;

const KEY: &str = "0198c0de-0000-7000-8000-000000000001";

fn mail(to: &[&str]) -> Mail {
    Mail {
        to: to.iter().map(|&one| one.to_owned()).collect(),
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: None,
        subject: "Order 7".to_owned(),
        text: Some("Thank you.".to_owned()),
        html: None,
    }
}

fn mailer(server: &SmtpServer) -> SmtpMailer {
    SmtpMailer::new(&server.url(), "NexusFlow <flow@example.org>").expect("a mailer")
}

#[tokio::test]
async fn a_mail_goes_to_everybody_and_has_the_same_id_in_every_attempt() {
    let server = SmtpServer::start(None).await;
    let mailer = mailer(&server);
    let mail = Mail {
        cc: vec!["b@example.org".to_owned()],
        bcc: vec!["c@example.org".to_owned()],
        reply_to: Some("Support <r@example.org>".to_owned()),
        html: Some("<p>Danke schön</p>".to_owned()),
        ..mail(&["Ann <a@example.org>"])
    };
    let id = mailer.send(&mail, KEY).await.expect("it is taken");
    assert_eq!(mailer.send(&mail, KEY).await.expect("it is taken"), id);
    assert_eq!(id, format!("<{KEY}@example.org>"));
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    for line in [
        "MAIL FROM:<flow@example.org>",
        "RCPT TO:<a@example.org>",
        "RCPT TO:<b@example.org>",
        "RCPT TO:<c@example.org>",
        &format!("Message-ID: {id}"),
        "Reply-To: Support <r@example.org>",
        "Subject: Order 7",
        "Content-Type: multipart/alternative;",
        "Thank you.",
    ] {
        assert!(mails.iter().all(|mail| mail.contains(line)), "{line} is missing in {}", mails[0]);
    }
    assert!(!mails[0].contains("Bcc:"), "{}", mails[0]);
}

#[tokio::test]
async fn a_text_cannot_become_another_header_field() {
    let server = SmtpServer::start(None).await;
    let mail = Mail { subject: "Hi\r\nBcc: evil@example.org".to_owned(), ..mail(&["a@example.org"]) };
    mailer(&server).send(&mail, KEY).await.expect("it is taken");
    assert!(!server.mails()[0].contains("\r\nBcc:"), "{}", server.mails()[0]);
    for address in ["a@example.org\r\nRCPT TO:<evil@example.org>", "nobody", "a@b@c", ""] {
        let error = mailer(&server).send(&self::mail(&[address]), KEY).await.expect_err("no address");
        assert_eq!(error.code(), "INVALID_CALL", "{address}");
    }
    let nobody = mailer(&server).send(&self::mail(&[]), KEY).await.expect_err("nobody");
    assert_eq!(nobody.code(), "INVALID_CALL");
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn what_the_mail_server_refuses_is_told_apart_by_whether_it_may_pass() {
    for (refusal, code, is_transient) in
        [("550 no such mailbox", "MAIL_REFUSED", false), ("451 try again later", "MAIL_DEFERRED", true)]
    {
        let server = SmtpServer::start(Some(refusal)).await;
        let error = mailer(&server).send(&mail(&["a@example.org"]), KEY).await.expect_err("a refusal");
        assert_eq!((error.code(), error.is_transient()), (code, is_transient), "{error}");
    }
    let nobody = SmtpMailer::new("smtp://127.0.0.1:1", "flow@example.org").expect("a mailer");
    let error = nobody.send(&mail(&["a@example.org"]), KEY).await.expect_err("nobody there");
    assert_eq!((error.code(), error.is_transient()), ("UNREACHABLE", true));
    let error = NoMail.send(&mail(&["a@example.org"]), KEY).await.expect_err("no mail server");
    assert_eq!((error.code(), error.is_transient()), ("MAIL_OFF", false));
}

#[tokio::test]
async fn settings_with_which_no_mail_can_be_sent_are_refused_without_the_password() {
    let of = |url: &str, from: &str| SmtpMailer::new(url, from).err().map(|error| error.to_string());
    let bad = of("smtpx://ann:hunter2@mail.example.org", "flow@example.org").expect("a refusal");
    assert!(!bad.contains("hunter2"), "{bad}");
    assert!(matches!(SmtpMailer::new("smtp://mail.example.org", "nobody"), Err(BadMailSettings::From(_))));
    assert_eq!(of("smtps://ann:hunter2@mail.example.org", "flow@example.org"), None);
}
