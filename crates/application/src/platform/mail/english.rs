use super::letter::Words;
use super::{Letter, MailContent};

pub(super) fn words(content: &MailContent) -> Words {
    let name = &content.organization;
    let footer = match &content.letter {
        Letter::Invitation { .. } => {
            format!("If you did not expect an invitation to {name}, you need not do anything.")
        }
        Letter::PasswordChanged | Letter::EmailChanged { .. } => {
            format!("This mail was sent for the safety of your account, to which {name} belongs.")
        }
        _ => "If it was not you who asked for this, you need not do anything.".to_owned(),
    };
    let (subject, paragraphs, button) = match &content.letter {
        Letter::Invitation { inviter, .. } => (
            format!("Invitation to {name}"),
            vec![
                format!("{inviter} invites you to join {name} on NexusFlow."),
                "The link can be used once, within seven days.".to_owned(),
            ],
            "Accept the invitation",
        ),
        Letter::EmailVerification { .. } => (
            "Please confirm your e-mail address".to_owned(),
            vec![
                "Please confirm that this address is yours.".to_owned(),
                "The link can be used once, within a day.".to_owned(),
            ],
            "Confirm the address",
        ),
        Letter::EmailChange { .. } => (
            "Please confirm your new e-mail address".to_owned(),
            vec![
                "You want to sign in with this address from now on. Please confirm that it is yours; until then \
                 your old address stays in use."
                    .to_owned(),
                "The link can be used once, within a day.".to_owned(),
            ],
            "Confirm the new address",
        ),
        Letter::PasswordReset { .. } => (
            "Set a new password".to_owned(),
            vec![
                "Somebody, probably you, wants to set a new password for your account.".to_owned(),
                "The link can be used once, within an hour.".to_owned(),
            ],
            "Set a new password",
        ),
        Letter::PasswordChanged => (
            "Your password was changed".to_owned(),
            vec![
                "The password of your account was changed.".to_owned(),
                "If it was not you, set a new one now and tell an administrator.".to_owned(),
            ],
            "",
        ),
        Letter::EmailChanged { to } => (
            "Your e-mail address was changed".to_owned(),
            vec![
                format!("The address of your account is {to} from now on; this one is not used any more."),
                "If it was not you, tell an administrator at once.".to_owned(),
            ],
            "",
        ),
    };
    Words { subject, paragraphs, button, footer }
}
