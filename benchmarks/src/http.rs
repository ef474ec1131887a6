//! A client that costs little: the processors are the server's. HTTP/1.1 on kept connections, each with
//! a thread that blocks (RFC 9112, answers with a `Content-Length` alone).

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use crate::load::Load;

/// No answer takes longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// A kept connection.
pub struct Connection {
    stream: TcpStream,
    /// Header fields of every request, each with its line end.
    fields: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    /// Connects; with a token, requests are those of whoever it was issued to.
    pub fn open(address: SocketAddr, token: Option<&str>) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let token = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
        let fields = format!("Host: {address}\r\nUser-Agent: nexusflow-benchmark\r\n{token}");
        Ok(Self { stream, fields, request: Vec::new(), answer: Vec::new() })
    }

    /// Sends a GraphQL request; the answer's body.
    pub fn post(&mut self, body: &str) -> Result<&[u8]> {
        let (status, answer) = self.send("POST", "/graphql", body)?;
        ensure!(status == 200, "HTTP {status}: {}", String::from_utf8_lossy(answer));
        Ok(answer)
    }

    /// Sends a request; the answer's status and body.
    pub fn send(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, &[u8])> {
        let Self { stream, fields, request, answer } = self;
        request.clear();
        let length = body.len();
        write!(request, "{method} {path} HTTP/1.1\r\n{fields}")?;
        write!(request, "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")?;
        stream.write_all(request)?;
        answer.clear();
        let head = loop {
            if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            receive(stream, answer)?;
        };
        let (status, length) = parse(answer.get(..head).unwrap_or_default())?;
        while answer.len() < head + length {
            receive(stream, answer)?;
        }
        Ok((status, answer.get(head..).unwrap_or_default()))
    }
}

fn receive(stream: &mut TcpStream, answer: &mut Vec<u8>) -> Result<()> {
    let mut chunk = [0; 16 * 1024];
    let count = stream.read(&mut chunk)?;
    ensure!(count > 0, "the server closed the connection");
    answer.extend_from_slice(chunk.get(..count).unwrap_or_default());
    Ok(())
}

/// The status, and how long the body is.
fn parse(head: &[u8]) -> Result<(u16, usize)> {
    let head = std::str::from_utf8(head)?;
    let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    status.zip(length).with_context(|| format!("expected a status and a Content-Length, found {head}"))
}

/// When a load ends.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// After so many operations in all.
    Count(usize),
    /// No operation begins after so long.
    Passed(Duration),
}

/// Does an operation again and again on every connection; it gets its number and gives the latency that
/// is of interest. Blocks.
pub fn drive(
    connections: &mut [Connection],
    until: Until,
    operation: impl Fn(&mut Connection, usize) -> Result<Duration> + Sync,
) -> Result<Load> {
    let (begun, next) = (Instant::now(), AtomicUsize::new(0));
    let goes_on = |place: usize| match until {
        Until::Count(count) => place < count,
        Until::Passed(length) => begun.elapsed() < length,
    };
    let work = |connection: &mut Connection| -> Result<Vec<Duration>> {
        let mut latencies = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if !goes_on(place) {
                return Ok(latencies);
            }
            latencies.push(operation(connection, place)?);
        }
    };
    let latencies: Result<Vec<Vec<Duration>>> = thread::scope(|scope| {
        let threads: Vec<_> = connections.iter_mut().map(|connection| scope.spawn(|| work(connection))).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a caller panicked"))?).collect()
    });
    Ok(Load::of(latencies?, begun.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_its_status_and_length() {
        let head = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 12\r\nx: y\r\n\r\n";
        assert_eq!(parse(head).unwrap(), (503, 12));
        assert!(parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn a_load_is_counted_and_kept_on_its_connections() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for _ in 0..3 {
                let mut request = Vec::new();
                while !request.ends_with(b"ping") {
                    receive(&mut stream, &mut request).unwrap();
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npo").unwrap();
                stream.write_all(b"ng").unwrap();
            }
        });
        let mut connections = [Connection::open(address, Some("token")).unwrap()];
        let load = drive(&mut connections, Until::Count(3), |connection, _| {
            assert_eq!(connection.post("ping")?, b"pong");
            Ok(Duration::ZERO)
        });
        assert_eq!(load.unwrap().operations, 3);
        server.join().unwrap();
    }
}
