use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use nexusflow_domain::request::{HttpCall, Mail};

use crate::platform::{CallError, HttpAnswer, HttpCaller, Mailer};

/// Answers HTTP requests with what it was told to, in order, and then with `204`. Keeps what was sent.
#[derive(Default)]
pub struct ScriptedHttp {
    answers: Mutex<VecDeque<Result<HttpAnswer, CallError>>>,
    hangs: AtomicBool,
    sent: Mutex<Vec<(HttpCall, String)>>,
}

impl ScriptedHttp {
    /// What comes back next.
    pub fn answer(&self, answer: Result<HttpAnswer, CallError>) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push_back(answer);
    }

    /// Nothing comes back any more.
    pub fn hang(&self) {
        self.hangs.store(true, Ordering::Relaxed);
    }

    /// What was sent, with the keys.
    pub fn sent(&self) -> Vec<(HttpCall, String)> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl HttpCaller for ScriptedHttp {
    async fn send(&self, call: &HttpCall, key: &str) -> Result<HttpAnswer, CallError> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push((call.clone(), key.to_owned()));
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        answer.unwrap_or_else(|| Ok(HttpAnswer { status: 204, ..HttpAnswer::default() }))
    }
}

/// Keeps mails.
#[derive(Default)]
pub struct MemoryMailer(Mutex<Vec<(Mail, String)>>);

impl MemoryMailer {
    /// What was sent, with the keys.
    pub fn sent(&self) -> Vec<(Mail, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, mail: &Mail, key: &str) -> Result<String, CallError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((mail.clone(), key.to_owned()));
        Ok(format!("<{key}@example.org>"))
    }
}
