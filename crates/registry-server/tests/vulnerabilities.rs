//! The classes of MLflow's published vulnerabilities, a group each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use common::Server;
use gauntlet_registry_server::{Limits, Role, Tokens};
use serde_json::json;

const FILES: &str = "/api/2.0/mlflow-artifacts/artifacts";

/// Ways out of a root, as clients would write them in an address.
const WAYS_OUT: &[&str] = &[
    "../secret",
    "a/../../secret",
    "%2e%2e/secret",
    "%2e%2e%2fsecret",
    "%252e%252e%252fsecret",
    "%25252e%25252e%25252fsecret",
    "..%5csecret",
    "%5c%5chost%5cshare",
    "..;/secret",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "file:///etc/passwd",
    "file%3a/etc/passwd",
    "C:/secret",
    "c%3a%5csecret",
    "x%23/../../secret",
];

mod files {
    use super::*;

    #[tokio::test]
    async fn no_address_leads_out_of_the_root_in_any_method() {
        let server = Server::start().await;
        fs_err::write(server.root().join("registry/secret"), "s").unwrap();
        for prefix in ["/api", "/ajax-api"] {
            for path in WAYS_OUT {
                let address = format!("{prefix}/2.0/mlflow-artifacts/artifacts/{path}");
                for method in ["GET", "PUT", "DELETE"] {
                    let message = server.send(method, &address, &[], "x").await;
                    let message = message.refused(400, "INVALID_PARAMETER_VALUE");
                    assert_eq!(message, "Invalid path", "{method} {path}");
                }
                let list = format!("{prefix}/2.0/mlflow-artifacts/artifacts?path={path}");
                server.get(&list).await.refused(400, "INVALID_PARAMETER_VALUE");
            }
        }
        let secret = fs_err::read_to_string(server.root().join("registry/secret")).unwrap();
        assert_eq!(secret, "s");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_inside_the_root_does_not_lead_out() {
        let server = Server::start().await;
        assert_eq!(server.put(&format!("{FILES}/a"), "x").await.status, 200);
        std::os::unix::fs::symlink("/etc", server.artifacts().join("link")).unwrap();
        for (method, path) in [("GET", "link/passwd"), ("PUT", "link/new"), ("DELETE", "link")] {
            let answer = server.send(method, &format!("{FILES}/{path}"), &[], "x").await;
            answer.refused(400, "INVALID_PARAMETER_VALUE");
        }
        assert!(!server.get(FILES).await.text().contains("link"));
    }

    #[tokio::test]
    async fn an_experiment_cannot_lie_where_the_server_keeps_its_own() {
        let server = Server::start().await;
        for location in [
            "/etc",
            "file:///etc",
            "file:///tmp/../etc",
            "s3://b/x#/../y",
            "s3://b/x?y=../z",
            "s3://b/%2e%2e/x",
            "http://169.254.169.254/latest",
            "mlflow-artifacts:/../x",
        ] {
            let request = json!({"name": location, "artifact_location": location});
            let answer = server.post("/api/2.0/mlflow/experiments/create", request).await;
            answer.refused(400, "INVALID_PARAMETER_VALUE");
        }
    }

    #[tokio::test]
    async fn a_model_version_cannot_be_made_of_a_local_path() {
        let server = Server::start().await;
        let name = json!({"name": "m"});
        server.post("/api/2.0/mlflow/registered-models/create", name).await;
        for source in [
            "/etc/passwd",
            "file:///etc/passwd",
            "file://localhost/etc",
            "../../etc",
            ".",
            "mlflow-artifacts:/%2e%2e/%2e%2e/etc",
            "s3://b/..%2f..%2fetc",
            "http://h/a/..;/b",
        ] {
            let request = json!({"name": "m", "source": source});
            let answer = server.post("/api/2.0/mlflow/model-versions/create", request).await;
            answer.refused(400, "INVALID_PARAMETER_VALUE");
        }
    }
}

mod uploads {
    use super::*;

    #[tokio::test]
    async fn a_name_in_a_header_or_body_decides_nothing() {
        let server = Server::start().await;
        let disposition = ("content-disposition", "attachment; filename=\"../../evil\"");
        let path = format!("{FILES}/0/run/a.txt");
        assert_eq!(server.send("PUT", &path, &[disposition], "x").await.status, 200);
        assert!(server.artifacts().join("0/run/a.txt").exists());
        assert!(!server.root().join("evil").exists());
    }

    #[tokio::test]
    async fn registered_bundles_cannot_be_changed_or_removed() {
        let server = Server::start().await;
        for path in
            ["bundles/ab/manifest.json", "bundles", "./bundles/x", "%62undles/x", "Bundles/x"]
        {
            for method in ["PUT", "DELETE"] {
                let answer = server.send(method, &format!("{FILES}/{path}"), &[], "x").await;
                answer.refused(403, "PERMISSION_DENIED");
            }
        }
    }

    #[tokio::test]
    async fn an_archive_is_a_file_like_any_other() {
        let server = Server::start().await;
        server.put(&format!("{FILES}/a.zip"), &b"PK\x03\x04../../evil"[..]).await;
        let names: Vec<_> = fs_err::read_dir(server.artifacts()).unwrap().collect();
        assert_eq!(names.len(), 1);
    }

    #[tokio::test]
    async fn a_bundles_file_is_stored_under_its_own_digest_only() {
        let server = Server::start().await;
        let base = "/api/2.0/gauntlet/registry/files";
        let digest = gauntlet_core::Digest::of(b"good");
        server
            .put(&format!("{base}/{digest}"), "bad")
            .await
            .refused(400, "INVALID_PARAMETER_VALUE");
        assert_eq!(server.put(&format!("{base}/{digest}"), "good").await.json()["size"], 4);
        server
            .put(&format!("{base}/..%2f..%2fx"), "x")
            .await
            .refused(400, "INVALID_PARAMETER_VALUE");
    }
}

mod forgery {
    use super::*;

    #[tokio::test]
    async fn nothing_that_a_client_names_is_ever_fetched() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::start().await;
        server.post("/api/2.0/mlflow/registered-models/create", json!({"name": "m"})).await;
        for scheme in ["http", "ftp", "hdfs", "mlflow-artifacts", "s3", "gs"] {
            let uri = format!("{scheme}://{address}/x");
            let version = json!({"name": "m", "source": uri});
            server.post("/api/2.0/mlflow/model-versions/create", version).await;
            let experiment = json!({"name": uri, "artifact_location": uri});
            server.post("/api/2.0/mlflow/experiments/create", experiment).await;
        }
        for version in 1..=6 {
            let path =
                format!("/model-versions/get-artifact?name=m&version={version}&path=MLmodel");
            assert_ne!(server.get(&path).await.status, 200);
        }
        let error = listener.accept().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "somebody connected");
    }
}

mod scripts {
    use super::*;

    #[tokio::test]
    async fn an_artefact_is_saved_and_never_shown() {
        let server = Server::start().await;
        for name in ["a.html", "a.svg", "a.js", "a.xml", "a"] {
            server.put(&format!("{FILES}/{name}"), "<script>alert(1)</script>").await;
            let answer = server.get(&format!("{FILES}/{name}")).await;
            assert!(answer.header("content-disposition").starts_with("attachment; "), "{name}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert!(answer.header("content-security-policy").contains("sandbox"));
        }
    }

    #[tokio::test]
    async fn no_name_breaks_out_of_a_header_or_an_error() {
        let server = Server::start().await;
        let name = "a%22%0d%0aSet-Cookie:%20x=1%3Cscript%3E.html";
        server.put(&format!("{FILES}/{name}"), "x").await;
        let answer = server.get(&format!("{FILES}/{name}")).await;
        assert_eq!(answer.header("set-cookie"), "");
        let answer = server.get("/api/2.0/mlflow/%3Cscript%3E").await;
        answer.refused(404, "ENDPOINT_NOT_FOUND");
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

mod authorisation {
    use super::*;

    async fn guarded() -> Server {
        Server::with(|app| {
            let tokens = [
                ("reader", Role::Read, "read-read-read-read"),
                ("writer", Role::Write, "write-write-write-write"),
                ("boss", Role::Promote, "promote-promote-promote"),
            ];
            app.tokens(Tokens::from_pairs(tokens).unwrap())
        })
        .await
    }

    /// Every route that an outsider knows of, in each method that it answers.
    const ROUTES: &[(&str, &str, Role)] = &[
        ("POST", "/2.0/mlflow/experiments/create", Role::Write),
        ("POST", "/2.0/mlflow/experiments/search", Role::Read),
        ("GET", "/2.0/mlflow/experiments/search", Role::Read),
        ("GET", "/2.0/mlflow/experiments/get", Role::Read),
        ("POST", "/2.0/mlflow/runs/log-batch", Role::Write),
        ("GET", "/2.0/mlflow/runs/get", Role::Read),
        ("DELETE", "/2.0/mlflow/registered-models/delete", Role::Write),
        ("POST", "/2.0/mlflow/registered-models/alias", Role::Write),
        ("PATCH", "/2.0/mlflow/logged-models/m-1", Role::Write),
        ("GET", "/2.0/mlflow/logged-models/m-1/artifacts/directories", Role::Read),
        ("GET", "/2.0/mlflow-artifacts/artifacts", Role::Read),
        ("GET", "/2.0/mlflow-artifacts/artifacts/x", Role::Read),
        ("PUT", "/2.0/mlflow-artifacts/artifacts/x", Role::Write),
        ("DELETE", "/2.0/mlflow-artifacts/artifacts/x", Role::Write),
        ("POST", "/2.0/mlflow-artifacts/mpu/create/x", Role::Write),
        ("GET", "/2.0/mlflow-artifacts/presigned/x", Role::Read),
        ("GET", "/2.0/gauntlet/registry/models", Role::Read),
        ("GET", "/2.0/gauntlet/registry/audit", Role::Read),
        ("POST", "/2.0/gauntlet/registry/register", Role::Write),
        ("POST", "/2.0/gauntlet/registry/aliases/move", Role::Promote),
        ("POST", "/2.0/gauntlet/registry/aliases/rollback", Role::Promote),
    ];

    #[tokio::test]
    async fn every_route_asks_for_its_role_under_every_prefix() {
        let server = guarded().await;
        let holders = [
            (Role::Read, "Bearer read-read-read-read"),
            (Role::Write, "Bearer write-write-write-write"),
            (Role::Promote, "Bearer promote-promote-promote"),
        ];
        for (method, path, needs) in ROUTES {
            for prefix in ["/api", "/ajax-api"] {
                let path = format!("{prefix}{path}");
                let json = ("content-type", "application/json");
                let answer = server.send(method, &path, &[json], "{}").await;
                answer.refused(401, "UNAUTHENTICATED");
                assert!(answer.header("www-authenticate").contains("Basic"));
                for (role, header) in holders {
                    let headers = [json, ("authorization", header)];
                    let status = server.send(method, &path, &headers, "{}").await.status.as_u16();
                    assert_eq!(status == 403, role < *needs, "{method} {path} {role:?}: {status}");
                    assert_ne!(status, 401);
                }
            }
        }
    }

    #[tokio::test]
    async fn no_other_spelling_of_an_address_reaches_a_handler() {
        let server = guarded().await;
        for path in [
            "/api/2.0/mlflow/experiments/search/",
            "/api//2.0/mlflow/experiments/search",
            "//api/2.0/mlflow/experiments/search",
            "/API/2.0/mlflow/experiments/search",
            "/api/3.0/mlflow/experiments/search",
            "/api/2.0/mlflow/%65xperiments/search",
            "/api/2.0/mlflow/experiments/search;x",
            "/x/../api/2.0/mlflow/experiments/search",
        ] {
            let answer = server.post(path, json!({"max_results": 1})).await;
            answer.refused(404, "ENDPOINT_NOT_FOUND");
        }
        for method in ["PUT", "TRACE", "DELETE", "BREW"] {
            let answer = server.send(method, "/api/2.0/mlflow/experiments/search", &[], "").await;
            answer.refused(405, "ENDPOINT_NOT_FOUND");
        }
        for method in ["x-http-method-override", "x-original-url", "x-forwarded-user"] {
            let headers = [(method, "/health")];
            let path = "/api/2.0/mlflow/experiments/search";
            server.send("GET", path, &headers, "").await.refused(401, "UNAUTHENTICATED");
        }
    }

    #[tokio::test]
    async fn only_what_tells_nothing_is_open_and_there_is_no_default_password() {
        let server = guarded().await;
        for path in ["/health", "/version", "/api/3.0/mlflow/server-info"] {
            assert_eq!(server.get(path).await.status, 200, "{path}");
        }
        server.get("/metrics").await.refused(401, "UNAUTHENTICATED");
        let admin = ("authorization", "Basic YWRtaW46cGFzc3dvcmQxMjM0");
        let path = "/api/2.0/mlflow/runs/get";
        server.send("GET", path, &[admin], "").await.refused(401, "UNAUTHENTICATED");
        server
            .post("/api/2.0/mlflow/users/create", json!({}))
            .await
            .refused(404, "ENDPOINT_NOT_FOUND");
    }

    #[tokio::test]
    async fn a_registration_that_moves_aliases_needs_the_role_for_it() {
        let server = guarded().await;
        let version = json!({
            "model": "m", "digest": gauntlet_core::Digest::of(b"x"),
            "verdict": gauntlet_core::Verdict::of(vec![]), "params": {}, "metrics": {}, "tags": {},
            "description": "", "aliases": [{"alias": "champion", "expect": null}],
        });
        let request = json!({
            "experiment": "e", "who": "mallory", "reason": "", "started_ms": null, "versions": [version],
        });
        let headers = [
            ("content-type", "application/json"),
            ("authorization", "Bearer write-write-write-write"),
        ];
        let path = "/api/2.0/gauntlet/registry/register";
        let answer = server.send("POST", path, &headers, request.to_string()).await;
        answer.refused(403, "PERMISSION_DENIED");
    }
}

mod exhaustion {
    use super::*;

    #[tokio::test]
    async fn bodies_results_and_nesting_are_bounded() {
        let limits = Limits { body: 10_000, artifact: Some(1_000), ..Limits::default() };
        let server = Server::with(|app| app.limits(limits)).await;
        let search = "/api/2.0/mlflow/runs/search";
        let long = json!({"filter": "x".repeat(20_000)});
        server.post(search, long).await.refused(400, "BAD_REQUEST");
        let many = json!({"experiment_ids": ["0"], "max_results": 50_001});
        server.post(search, many).await.refused(400, "INVALID_PARAMETER_VALUE");
        let deep = "[".repeat(4_000) + &"]".repeat(4_000);
        let json = [("content-type", "application/json")];
        let create = "/api/2.0/mlflow/experiments/create";
        server.send("POST", create, &json, deep).await.refused(400, "INVALID_PARAMETER_VALUE");
        let artifact = server.put(&format!("{FILES}/big"), vec![0_u8; 1_001]).await;
        artifact.refused(413, "BAD_REQUEST");
        assert_eq!(server.get(FILES).await.json(), json!({}), "nothing of it stays");
        let runs: String = (0..101).map(|i| format!("run_id={i}&")).collect();
        let bulk = format!("/ajax-api/2.0/mlflow/metrics/get-history-bulk?{runs}metric_key=a");
        server.get(&bulk).await.refused(400, "INVALID_PARAMETER_VALUE");
    }

    #[tokio::test]
    async fn a_client_that_asks_too_often_is_told_when_to_come_back() {
        let limits = Limits { per_minute: Some(3), ..Limits::default() };
        let server = Server::with(|app| app.limits(limits)).await;
        for _ in 0..3 {
            assert_eq!(server.get(FILES).await.status, 200);
        }
        let answer = server.get(FILES).await;
        answer.refused(429, "REQUEST_LIMIT_EXCEEDED");
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
        assert_eq!(server.get("/health").await.status, 200);
    }
}

mod pages_of_others {
    use super::*;

    #[tokio::test]
    async fn a_rebound_name_is_refused() {
        let server = Server::start().await;
        for host in ["evil.com", "evil.com:5000", "localhost.evil.com", "10.evil.com"] {
            let request = axum::http::Request::get(FILES).header("host", host);
            let answer = server.ask(request.body("".into()).unwrap()).await;
            assert_eq!(answer.status, 403);
            assert!(answer.text().contains("DNS rebinding"));
        }
        let request = axum::http::Request::get(FILES).body("".into()).unwrap();
        assert_eq!(server.ask(request).await.status, 403, "without a host");
        let request = axum::http::Request::get("/health").header("host", "probe");
        assert_eq!(server.ask(request.body("".into()).unwrap()).await.status, 200);
    }

    #[tokio::test]
    async fn a_page_of_another_site_changes_nothing_and_reads_nothing() {
        let server = Server::start().await;
        let evil = ("origin", "http://evil.com");
        for method in ["PUT", "DELETE"] {
            let answer = server.send(method, &format!("{FILES}/a"), &[evil], "x").await;
            assert_eq!(answer.status, 403);
            assert!(answer.text().contains("Cross-origin"));
        }
        let answer = server.send("GET", FILES, &[evil], "").await;
        assert_eq!(answer.header("access-control-allow-origin"), "");
        let friend = ("origin", "http://localhost:3000");
        let answer = server.send("GET", FILES, &[friend], "").await;
        assert_eq!(answer.header("access-control-allow-origin"), "http://localhost:3000");
    }

    #[tokio::test]
    async fn a_form_cannot_say_that_it_is_json() {
        let server = Server::start().await;
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
            let headers = [("content-type", kind)];
            let path = "/api/2.0/mlflow/experiments/create";
            let answer = server.send("POST", path, &headers, r#"{"name": "x"}"#).await;
            answer.refused(400, "INVALID_PARAMETER_VALUE");
        }
    }
}
