//! A published registry with tiny bundles, a server process, and a client over a plain socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]
#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod bundles;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use gauntlet_bundle::{Draft, Parts};
use gauntlet_core::{Digest, Origin, Version};
use gauntlet_registry::published::{self, Pointer};
use serde_json::Value;

/// A registry's folder as an embedded registry leaves it.
pub(crate) struct Place {
    dir: tempfile::TempDir,
    pointers: Vec<Pointer>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), pointers: vec![] }
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    /// A place with one real champion called `motor`, in version 3.
    pub(crate) fn with_motor() -> Self {
        let mut place = Self::new();
        place.publish("motor", "champion", 3, Origin::Real);
        place
    }

    /// Points an alias at a bundle of the model `motor`, told apart by its version.
    pub(crate) fn publish(&mut self, model: &str, alias: &str, version: u32, origin: Origin) {
        self.add(model, alias, version, origin, bundles::motor(version, origin));
    }

    /// Points an alias at a bundle.
    pub(crate) fn add(
        &mut self,
        model: &str,
        alias: &str,
        version: u32,
        origin: Origin,
        (parts, report): (Parts, Value),
    ) {
        let packed = Draft::new(parts).unwrap().pack(&report).unwrap();
        let digest = packed.write(&self.dir.path().join("packed")).unwrap();
        let artifact = format!("artifacts/bundles/{}", digest.hex());
        let folder = self.root().join(&artifact);
        fs_err::create_dir_all(folder.parent().unwrap()).unwrap();
        fs_err::rename(self.dir.path().join("packed"), folder).unwrap();
        self.pointers.push(Pointer {
            format: published::FORMAT,
            model: model.parse().unwrap(),
            alias: alias.parse().unwrap(),
            version: Version(version),
            digest,
            artifact,
            origin,
            updated_ms: 0,
        });
        published::publish(self.root(), &self.pointers).unwrap();
    }

    pub(crate) fn digest(&self, at: usize) -> Digest {
        self.pointers[at].digest
    }

    pub(crate) fn artifact(&self, at: usize) -> PathBuf {
        self.root().join(&self.pointers[at].artifact)
    }

    /// The command that serves this place on a free port, to anybody on this machine unless a key is given.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.silent_command(arguments);
        if !arguments.contains(&"--api-key") {
            command.arg("--anonymous");
        }
        command
    }

    /// The same without a word on who may ask.
    pub(crate) fn silent_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gauntlet-serve"));
        command.args(["--port", "0", "--registry"]).arg(self.root());
        command.arg("--state-dir").arg(self.dir.path().join("state"));
        for variable in
            ["GAUNTLET_API_KEY", "RUST_LOG", "MLFLOW_TRACKING_URI", "GAUNTLET_SERVE_CONFIG"]
        {
            command.env_remove(variable);
        }
        command.args(arguments);
        command
    }

    /// Runs the server where it is expected to give up at once.
    pub(crate) fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let Output { status, stderr, .. } = self.command(arguments).output().unwrap();
        (status.code().unwrap(), String::from_utf8(stderr).unwrap())
    }

    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        Server::start(self.command(arguments))
    }
}

/// A server process; it is ended with the test.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(address) = line.trim().strip_prefix("listening on http://") else {
            let mut errors = String::new();
            child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
            panic!("the server did not start: {line}{errors}");
        };
        Self { address: address.to_owned(), child }
    }

    /// Sends a request as it stands.
    pub(crate) fn exchange(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // A server that refuses early may close before all is sent.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let end = answer.windows(4).position(|part| part == b"\r\n\r\n").unwrap_or(answer.len());
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {head:?}"));
        let status = status.parse().unwrap();
        Answer {
            status,
            body: answer.split_off((end + 4).min(answer.len())),
            head: head.to_lowercase(),
        }
    }

    /// Sends a request as it stands and returns status and JSON body.
    pub(crate) fn raw(&self, request: &[u8]) -> (u16, Value) {
        let answer = self.exchange(request);
        (answer.status, answer.json())
    }

    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> (u16, Value) {
        let answer = self.send(method, path, headers, body.as_bytes());
        (answer.status, answer.json())
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let host = &self.address;
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             content-length: {length}\r\n{headers}\r\n"
        );
        self.exchange(&[head.as_bytes(), body].concat())
    }

    /// Posts JSON.
    pub(crate) fn ask(&self, path: &str, body: &Value) -> (u16, Value) {
        self.request("POST", path, "content-type: application/json\r\n", &body.to_string())
    }

    pub(crate) fn post(&self, headers: &str, body: &str) -> (u16, Value) {
        let headers = format!("content-type: application/json\r\n{headers}");
        self.request("POST", "/api/v1/ml/predict", &headers, body)
    }

    pub(crate) fn predict(&self, body: &Value) -> (u16, Value) {
        self.post("", &body.to_string())
    }
}

/// What came back: the head in lower case.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The sentence of a refusal.
pub(crate) fn detail(body: &Value) -> &str {
    body["detail"].as_str().unwrap_or_else(|| panic!("no detail in {body}"))
}
