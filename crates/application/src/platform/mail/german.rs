use super::letter::Words;
use super::{Letter, MailContent};

pub(super) fn words(content: &MailContent) -> Words {
    let name = &content.organization;
    let footer = match &content.letter {
        Letter::Invitation { .. } => {
            format!("Wenn Sie keine Einladung zu {name} erwartet haben, müssen Sie nichts tun.")
        }
        Letter::PasswordChanged | Letter::EmailChanged { .. } => {
            format!("Diese E-Mail dient der Sicherheit Ihres Kontos, zu dem {name} gehört.")
        }
        _ => "Wenn Sie das nicht selbst veranlasst haben, müssen Sie nichts tun.".to_owned(),
    };
    let (subject, paragraphs, button) = match &content.letter {
        Letter::Invitation { inviter, .. } => (
            format!("Einladung zu {name}"),
            vec![
                format!("{inviter} lädt Sie ein, {name} auf NexusFlow beizutreten."),
                "Der Link gilt einmal und sieben Tage lang.".to_owned(),
            ],
            "Einladung annehmen",
        ),
        Letter::EmailVerification { .. } => (
            "Bitte bestätigen Sie Ihre E-Mail-Adresse".to_owned(),
            vec![
                "Bitte bestätigen Sie, dass diese Adresse Ihnen gehört.".to_owned(),
                "Der Link gilt einmal und einen Tag lang.".to_owned(),
            ],
            "Adresse bestätigen",
        ),
        Letter::EmailChange { .. } => (
            "Bitte bestätigen Sie Ihre neue E-Mail-Adresse".to_owned(),
            vec![
                "Sie möchten sich künftig mit dieser Adresse anmelden. Bitte bestätigen Sie, dass sie Ihnen gehört; \
                 bis dahin gilt Ihre alte Adresse weiter."
                    .to_owned(),
                "Der Link gilt einmal und einen Tag lang.".to_owned(),
            ],
            "Neue Adresse bestätigen",
        ),
        Letter::PasswordReset { .. } => (
            "Neues Passwort setzen".to_owned(),
            vec![
                "Jemand, vermutlich Sie, möchte ein neues Passwort für Ihr Konto setzen.".to_owned(),
                "Der Link gilt einmal und eine Stunde lang.".to_owned(),
            ],
            "Neues Passwort setzen",
        ),
        Letter::PasswordChanged => (
            "Ihr Passwort wurde geändert".to_owned(),
            vec![
                "Das Passwort Ihres Kontos wurde geändert.".to_owned(),
                "Wenn Sie das nicht waren, setzen Sie jetzt ein neues und sagen Sie der Verwaltung Bescheid."
                    .to_owned(),
            ],
            "",
        ),
        Letter::EmailChanged { to } => (
            "Ihre E-Mail-Adresse wurde geändert".to_owned(),
            vec![
                format!("Die Adresse Ihres Kontos ist ab jetzt {to}; diese hier wird nicht mehr verwendet."),
                "Wenn Sie das nicht waren, sagen Sie sofort der Verwaltung Bescheid.".to_owned(),
            ],
            "",
        ),
    };
    Words { subject, paragraphs, button, footer }
}
