//! What surrounds every request of every dialect: an id, counting, and one log line.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

use super::App;
use super::dialect::{self, Dialect, OPERATION};

/// What a request is called in logs, here and at whoever sent it.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a client.
const MAX_ID_LENGTH: usize = 64;

/// The whole service, without a socket.
pub fn router(app: App) -> Router {
    dialect::routes()
        .layer(from_fn_with_state(app.clone(), observe))
        .with_state(app)
}

/// Counts and logs a request by its route: a path may hold anything.
async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let request_id = request_id(request.headers());
    name_host(&mut request);
    let mut response = next.run(request).await;
    let dialect = response.extensions_mut().remove::<Dialect>();
    let dialect = dialect.unwrap_or(OPERATION);
    let (status, elapsed) = (response.status().as_u16(), started.elapsed());
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    app.metrics().request(dialect, route, status, elapsed);
    let elapsed_ms = elapsed.as_secs_f64() * 1e3;
    let id = request_id.to_str().unwrap_or_default();
    let dialect = dialect.name;
    if dialect != OPERATION.name {
        tracing::info!(%method, dialect, route, status, elapsed_ms, request_id = id, "{method} {route} answered {status} in {elapsed_ms:.1} ms");
    } else {
        tracing::debug!(%method, dialect, route, status, elapsed_ms, request_id = id, "{method} {route} answered {status} in {elapsed_ms:.1} ms");
    }
    response.headers_mut().insert(REQUEST_ID, request_id);
    response
}

/// Over HTTP/2 the host stands in the address alone; whoever asks for it reads one header.
fn name_host(request: &mut Request) {
    if request.headers().contains_key(header::HOST) {
        return;
    }
    let authority = request.uri().authority().map(|authority| {
        let (_, host) = authority
            .as_str()
            .rsplit_once('@')
            .unwrap_or(("", authority.as_str()));
        HeaderValue::from_str(host)
    });
    if let Some(Ok(host)) = authority {
        request.headers_mut().insert(header::HOST, host);
    }
}

/// The client's id when it is harmless, or one that no other request has.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(()));
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let is_harmless = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    let given = headers.get(REQUEST_ID).filter(|id| {
        let id = id.as_bytes();
        (1..=MAX_ID_LENGTH).contains(&id.len()) && id.iter().all(is_harmless)
    });
    given.cloned().unwrap_or_else(|| {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        HeaderValue::from_str(&format!("{:016x}-{count:x}", *PROCESS))
            .expect("hexadecimal digits are visible")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_an_address_is_a_header_where_there_is_none() {
        #[track_caller]
        fn check(address: &str, host: Option<&str>, expected: Option<&str>) {
            let mut request = Request::new(axum::body::Body::empty());
            *request.uri_mut() = address.parse().unwrap();
            if let Some(host) = host {
                let host = host.parse().unwrap();
                request.headers_mut().insert(header::HOST, host);
            }
            name_host(&mut request);
            let got = request.headers().get(header::HOST);
            assert_eq!(got.map(|host| host.to_str().unwrap()), expected);
        }
        check(
            "https://board.example:8080/wiki",
            None,
            Some("board.example:8080"),
        );
        check("https://a@board.example/", None, Some("board.example"));
        check(
            "https://evil.example/",
            Some("board.example"),
            Some("board.example"),
        );
        check("/wiki", None, None);
    }
}
