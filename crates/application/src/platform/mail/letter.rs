//! From what a mail is about to its text and HTML. What it says is a matter of the language; a further language is a
//! further file with a `words` of its own.

use std::fmt::Write;

use nexusflow_domain::identity::Language;
use nexusflow_domain::request::Mail;

use super::{Letter, QueuedMail, english, german};
use crate::platform::{Link, OneTimeLinks};

/// What a mail says, in plain text.
pub(super) struct Words {
    pub subject: String,
    pub paragraphs: Vec<String>,
    /// The words on the link, of a mail that has one.
    pub button: &'static str,
    /// Why the mail was sent.
    pub footer: String,
}

/// What shows where nothing is set.
const COLOR: &str = "#1f4e79";

/// The mail as it goes out.
pub(super) fn written(mail: &QueuedMail, links: &dyn OneTimeLinks) -> Mail {
    let content = &mail.content;
    let words = match content.language {
        Language::En => english::words(content),
        Language::De => german::words(content),
    };
    let address = link_of(&content.letter).map(|link| links.address(link));
    Mail {
        to: vec![mail.to.to_string()],
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: None,
        subject: words.subject.clone(),
        text: Some(text(&words, address.as_deref())),
        html: Some(html(mail, &words, address.as_deref())),
    }
}

fn link_of(letter: &Letter) -> Option<&Link> {
    match letter {
        Letter::Invitation { link, .. }
        | Letter::EmailVerification { link }
        | Letter::EmailChange { link }
        | Letter::PasswordReset { link } => Some(link),
        Letter::PasswordChanged | Letter::EmailChanged { .. } => None,
    }
}

fn text(words: &Words, address: Option<&str>) -> String {
    let mut parts = words.paragraphs.clone();
    parts.extend(address.map(str::to_owned));
    parts.push(format!("-- \n{}", words.footer));
    parts.join("\n\n")
}

fn html(mail: &QueuedMail, words: &Words, address: Option<&str>) -> String {
    let branding = &mail.content.branding;
    let color = branding.primary_color.as_ref().map_or(COLOR, |color| color.as_str());
    let name = escaped(&mail.content.organization);
    let head = match &branding.logo_url {
        Some(url) => format!("<img src=\"{}\" alt=\"{name}\" height=\"40\">", escaped(url.as_str())),
        None => name,
    };
    let mut body = String::new();
    for paragraph in &words.paragraphs {
        // Writing to a string cannot fail.
        let _ = writeln!(body, "<p>{}</p>", escaped(paragraph));
    }
    if let Some(address) = address.map(escaped) {
        let button = escaped(words.button);
        let style = format!("background:{color};color:#ffffff;padding:10px 18px;text-decoration:none");
        let _ = writeln!(body, "<p><a href=\"{address}\" style=\"{style}\">{button}</a></p>\n<p>{address}</p>");
    }
    let language = mail.content.language;
    let (subject, footer) = (escaped(&words.subject), escaped(&words.footer));
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head><meta charset=\"utf-8\"><title>{subject}</title></head>\n\
        <body style=\"font-family:sans-serif;max-width:36em;margin:auto\">\n\
        <h1 style=\"color:{color};font-size:1.3em\">{head}</h1>\n{body}\
        <hr>\n<p style=\"color:#666666;font-size:0.85em\">{footer}</p>\n</body>\n</html>\n"
    )
}

/// A text as it may stand between tags and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use nexusflow_domain::identity::{Branding, VerificationPurpose};
    use nexusflow_domain::ids::{MailId, OrganizationId, VerificationId};
    use uuid::Uuid;

    use super::*;
    use crate::fakes::PlainLinks;
    use crate::platform::MailContent;

    const HOSTILE: &str = "<b onload=\"x\">O'Hara & Co</b>";

    fn mail(language: Language, branding: Branding, letter: Letter) -> QueuedMail {
        QueuedMail {
            id: MailId::from_uuid(Uuid::from_u128(1)),
            organization: OrganizationId::from_uuid(Uuid::from_u128(2)),
            to: "ann@example.org".parse().expect("an address"),
            content: MailContent { organization: "Acme".to_owned(), language, branding, letter },
            created_at: nexusflow_domain::Timestamp::UNIX_EPOCH,
            expires_at: nexusflow_domain::Timestamp::UNIX_EPOCH,
        }
    }

    fn link(purpose: VerificationPurpose) -> Link {
        Link { purpose, verification: VerificationId::from_uuid(Uuid::from_u128(3)), serial: 0 }
    }

    fn letters() -> Vec<Letter> {
        use VerificationPurpose as P;
        vec![
            Letter::Invitation { link: link(P::Invitation), inviter: "Bea".to_owned() },
            Letter::EmailVerification { link: link(P::EmailVerification) },
            Letter::EmailChange { link: link(P::EmailChange) },
            Letter::PasswordReset { link: link(P::PasswordReset) },
            Letter::PasswordChanged,
            Letter::EmailChanged { to: "new@example.org".parse().expect("an address") },
        ]
    }

    #[test]
    fn every_letter_in_every_language_is_as_recorded() {
        for &language in Language::ALL {
            let texts = letters().into_iter().map(|letter| {
                let mail = written(&mail(language, Branding::default(), letter), &PlainLinks);
                format!("Subject: {}\n\n{}", mail.subject, mail.text.unwrap_or_default())
            });
            insta::assert_snapshot!(format!("letters_{language}"), texts.collect::<Vec<_>>().join("\n\n=====\n\n"));
        }
        let branding =
            Branding { logo_url: "https://cdn.example/a?b=c&d".parse().ok(), primary_color: "#aa0033".parse().ok() };
        let invitation = mail(Language::En, branding, letters().remove(0));
        insta::assert_snapshot!("html", written(&invitation, &PlainLinks).html.unwrap_or_default());
    }

    #[test]
    fn what_people_wrote_cannot_become_markup() {
        let letter = Letter::Invitation { link: link(VerificationPurpose::Invitation), inviter: HOSTILE.to_owned() };
        let mut mail = mail(Language::En, Branding::default(), letter);
        mail.content.organization = HOSTILE.to_owned();
        let html = written(&mail, &PlainLinks).html.unwrap_or_default();
        assert!(!html.contains("<b ") && !html.contains("onload=\"") && !html.contains("O'"), "{html}");
        assert!(html.contains("O&#39;Hara &amp; Co"), "{html}");
    }
}
