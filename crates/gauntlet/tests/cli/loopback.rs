//! A file server on the loopback.

use std::io::{BufRead as _, BufReader, Cursor, Write as _};
use std::net::{TcpListener, TcpStream};

use zip::write::SimpleFileOptions;

/// Answers every request with `body`, until the test ends. Returns its address.
pub(crate) fn serve(body: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // A client that hangs up early has its reasons.
            let _ = answer(stream, &body);
        }
    });
    address
}

/// An address at which nobody listens: a port that was free a moment ago.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A zip archive with one member.
pub(crate) fn zip(member: &str, content: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(member, SimpleFileOptions::default()).unwrap();
    zip.write_all(content).unwrap();
    zip.finish().unwrap().into_inner()
}

fn answer(stream: TcpStream, body: &[u8]) -> std::io::Result<()> {
    let mut request = BufReader::new(&stream).lines();
    while request.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let mut stream = &stream;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)
}
