//! HTTP/2, for clients that begin with it.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::process::{directory, start};
use crate::support::spam;

async fn ask(sender: &mut SendRequest<Body>, rev_id: u64) -> Value {
    let mut edit = spam();
    edit["rev_id"] = rev_id.into();
    let body = json!({"wiki": "enwiki", "edits": [edit]}).to_string();
    let request = Request::post("http://localhost/api/v1/score").body(Body::from(body));
    let answer = sender.send_request(request.unwrap()).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.version()),
        (200, Version::HTTP_2)
    );
    let body = to_bytes(Body::new(answer.into_body()), 1 << 20)
        .await
        .unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn requests_share_a_connection() {
    let directory = directory();
    let service = start(directory.path(), &[]);
    let stream = TcpStream::connect(service.address).await.unwrap();
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let mut requests = tokio::task::JoinSet::new();
    for rev_id in 0..20 {
        let mut sender = sender.clone();
        requests.spawn(async move { (rev_id, ask(&mut sender, rev_id).await) });
    }
    for (rev_id, answer) in requests.join_all().await {
        assert_eq!(answer["scores"][0]["rev_id"], rev_id, "{answer}");
    }
    // An idle connection does not hold up the end.
    service.signal("TERM");
    let (status, log) = tokio::task::spawn_blocking(|| service.wait())
        .await
        .unwrap();
    assert!(status.success(), "{log}");
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let directory = directory();
    let service = start(directory.path(), &["--header-timeout-ms", "300"]);
    let stream = TcpStream::connect(service.address).await.unwrap();
    let (mut sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    ask(&mut sender, 1).await;
    let end = tokio::time::timeout(Duration::from_secs(20), connection);
    end.await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn who_sends_half_a_preface_is_let_go() {
    let directory = directory();
    let service = start(directory.path(), &["--header-timeout-ms", "300"]);
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0").await.unwrap();
    let mut rest = [0; 9];
    let end = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut rest));
    assert_eq!(end.await.unwrap().unwrap_or(0), 0);
}
