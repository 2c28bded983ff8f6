//! Whether a service is ready, asked from another process: for containers that have no shell.

use std::io::{Error, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::greeting::reachable;

/// How long the service may take to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Asks the service that listens there whether it takes requests.
///
/// # Errors
/// When it does not answer, or answers that it is not ready.
pub fn check_health(listens: SocketAddr) -> std::io::Result<()> {
    let address = reachable(listens);
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(
        stream,
        "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    match answer.starts_with(b"HTTP/1.1 200 ") {
        true => Ok(()),
        false => Err(Error::other(format!(
            "the service at {address} is not ready"
        ))),
    }
}
