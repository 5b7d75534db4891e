//! How mail leaves: over SMTP, or as files into a folder where there is no mail server.

use std::{path::PathBuf, str::FromStr, time::Duration};

use lettre::{
    AsyncFileTransport, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use sha2::{Digest as _, Sha256};

use crate::{Options, letter::Letter};

/// How long a mail server may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How mail leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Post {
    /// To a mail server: `smtps://user:password@host`, `smtp://host:port?tls=required`.
    Smtp(String),
    /// As files into a folder: `folder:mail`.
    Folder(PathBuf),
}

/// Mail cannot leave.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// It is neither `smtp://…` or `smtps://…` nor `folder:…`.
    #[error("mail leaves by smtp://…, smtps://… or folder:…")]
    NoPost,
    /// The address of the mail server does not read.
    #[error("the address of the mail server does not read")]
    Server(#[source] lettre::transport::smtp::Error),
    /// The sender is no address.
    #[error("the sender of mail is no address")]
    Sender(#[source] lettre::address::AddressError),
    /// The folder cannot be made.
    #[error("the folder for mail cannot be made")]
    Folder(#[source] std::io::Error),
    /// It will never leave: it has no address, or the server says so with this code. (What else a server says may hold the
    /// address, which no log may.)
    #[error("the mail is refused: {0}")]
    Refused(String),
    /// It does not leave now: the server says so with this code, or cannot be reached.
    #[error("the mail does not leave now: {0}")]
    Away(String),
}

impl FromStr for Post {
    type Err = PostError;

    fn from_str(text: &str) -> Result<Self, PostError> {
        if let Some(folder) = text.strip_prefix("folder:") {
            return Ok(Self::Folder(folder.into()));
        }
        if text.starts_with("smtp://") || text.starts_with("smtps://") {
            return Ok(Self::Smtp(text.to_owned()));
        }
        Err(PostError::NoPost)
    }
}

/// A way out that was checked.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    from: Mailbox,
    /// The host in names of mails.
    host: String,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(AsyncFileTransport<Tokio1Executor>),
}

impl Transport {
    pub(crate) fn new(options: &Options) -> Result<Self, PostError> {
        let from: Mailbox = options.from.parse().map_err(PostError::Sender)?;
        let host = from.email.domain().to_owned();
        let way = match &options.post {
            Post::Smtp(url) => {
                let smtp = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(PostError::Server)?;
                Way::Smtp(smtp.timeout(Some(PATIENCE)).build())
            }
            Post::Folder(folder) => {
                std::fs::create_dir_all(folder).map_err(PostError::Folder)?;
                Way::Folder(AsyncFileTransport::new(folder))
            }
        };
        Ok(Self { from, host, way })
    }

    /// Sends a letter. Its name makes the same Message-ID each time (RFC 5322 §3.6.4): who gets it twice can tell.
    pub(crate) async fn send(&self, letter: Letter, name: &str) -> Result<(), PostError> {
        let refused = |why: &str| PostError::Refused(why.to_owned());
        let address = letter.to.parse().map_err(|_| refused("no address"))?;
        let id = Sha256::digest(name).iter().take(16).fold(String::new(), |id, byte| format!("{id}{byte:02x}"));
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(letter.name, address))
            .subject(letter.subject)
            .message_id(Some(format!("<{id}@{}>", self.host)))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text)
            .map_err(|_| refused("no letter"))?;
        match &self.way {
            Way::Smtp(smtp) => match smtp.send(message).await {
                Ok(_) => Ok(()),
                Err(error) => {
                    let code = error.status().map_or_else(|| "no answer".to_owned(), |code| code.to_string());
                    Err(if error.is_permanent() { PostError::Refused(code) } else { PostError::Away(code) })
                }
            },
            Way::Folder(folder) => {
                folder.send(message).await.map(drop).map_err(|_| PostError::Away("the folder is away".to_owned()))
            }
        }
    }
}

/// Says that no person wrote it, so that out-of-office replies stay away (RFC 3834 §5).
#[derive(Clone, Debug)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_leaves_by_a_server_or_into_a_folder() {
        assert_eq!("folder:mail".parse::<Post>().expect("a post"), Post::Folder("mail".into()));
        assert!(matches!("smtps://post.example".parse(), Ok(Post::Smtp(_))));
        assert!(matches!("post.example".parse::<Post>(), Err(PostError::NoPost)));
    }

    #[test]
    fn a_wrong_sender_or_server_is_found_before_anything_is_sent() {
        let options = |post: &str, from: &str| Options {
            post: post.parse().expect("a post"),
            from: from.into(),
            base: "https://leerwerk.example".into(),
        };
        let wrong = |post, from| Transport::new(&options(post, from)).expect_err("wrong");
        assert!(matches!(wrong("smtp://localhost", "leerwerk"), PostError::Sender(_)));
        assert!(matches!(wrong("smtp://local host", "Leerwerk <l@leerwerk.example>"), PostError::Server(_)));
    }
}
