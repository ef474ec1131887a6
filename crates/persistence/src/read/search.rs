use crate::read::sql::Sql;

/// The longest text that is looked for; what is searched is shorter.
const MAX_LENGTH: usize = 1_000;

/// ` AND (…)`: one of the columns contains the text, whatever the case.
///
/// Databases fold the case of letters beyond ASCII only in some locales, `SQLite` never; so the text is
/// also looked for in lower case and in upper case.
pub(super) fn contains(sql: &mut Sql, columns: &[&str], text: &str) {
    if text.contains('\0') || text.len() > MAX_LENGTH {
        sql.push(" AND 1 = 0");
        return;
    }
    let mut forms = vec![text.to_owned()];
    for form in [text.to_lowercase(), text.to_uppercase()] {
        if !text.is_ascii() && !forms.contains(&form) {
            forms.push(form);
        }
    }
    sql.push(" AND (1 = 0");
    for form in forms {
        for column in columns {
            sql.push(" OR ").push(column).like().bind(pattern(&form)).push(" ESCAPE '!'");
        }
    }
    sql.push(")");
}

/// The pattern that matches everything that contains the text.
fn pattern(text: &str) -> String {
    let escaped = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn wildcards_in_the_text_are_no_wildcards() {
        assert_eq!(pattern("100%_!"), "%100!%!_!!%");
    }
}
