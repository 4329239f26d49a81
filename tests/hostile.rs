//! Vendors that mean harm: a listener that speaks TLS, or does not, and then does its worst.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

/// What a vendor does to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malice {
    /// The connection is taken and nothing is said.
    Silence,
    /// Rubbish in the place of TLS.
    NoTls,
    /// TLS 1.0.
    OldTls,
    /// A certificate that has ended.
    Expired,
    /// A certificate of another host.
    OtherHost,
    /// A certificate of an authority that nobody trusts.
    Stranger,
    /// Rubbish after the handshake.
    NoHttp,
    /// Not one stream is ever allowed.
    NoStreams,
    /// Not one byte of a body is ever allowed.
    NoWindow,
    /// Settings without end, and nothing is read.
    SettingsFlood,
    /// Pings without end, and nothing is read.
    PingFlood,
    /// A window beyond what HTTP/2 can count.
    WindowOverflow,
    /// Promises that nobody asked for.
    Promises,
    /// Parting words without end.
    Goodbyes,
    /// Headers that never end.
    EndlessHeaders,
    /// Headers of a quarter of a megabyte.
    HugeHeaders,
    /// A body that never ends.
    EndlessBody,
    /// A byte of the body every now and then.
    SlowBody,
    /// A small body that would unpack to a large one.
    Bomb,
    /// Look elsewhere: at that port.
    Redirect(u16),
    /// HTTP/1.1: headers that never end.
    OldEndlessHeaders,
    /// HTTP/1.1: a byte of the headers every now and then.
    OldSlowHeaders,
    /// HTTP/1.1: please wait, without end.
    OldPleaseWait,
    /// HTTP/1.1: a body that never ends.
    OldEndlessBody,
    /// HTTP/1.1: the extension of a chunk that never ends.
    OldEndlessChunk,
}

/// A vendor that means harm, until it is dropped.
pub(crate) struct Hostile {
    pub(crate) address: SocketAddr,
    /// Whom to trust to reach it.
    ca: String,
    connections: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

/// The server's end of an HTTP/2 connection, frame by frame.
struct Peer<T>(T);

const PREFACE_BYTES: usize = 24;
/// As much as a client takes by default.
const FRAME_BYTES: usize = 16_384;
const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const SETTINGS: u8 = 0x4;
const PUSH_PROMISE: u8 = 0x5;
const PING: u8 = 0x6;
const GOAWAY: u8 = 0x7;
const WINDOW_UPDATE: u8 = 0x8;
const CONTINUATION: u8 = 0x9;
const END_STREAM: u8 = 0x1;
const ACK: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const MAX_CONCURRENT_STREAMS: u8 = 0x3;
const INITIAL_WINDOW_SIZE: u8 = 0x4;
/// `:status: 200` in HPACK's static table.
const STATUS_200: u8 = 0x88;

// === impl Malice ===

impl Malice {
    fn protocol(self) -> &'static [u8] {
        match self {
            Malice::OldEndlessHeaders
            | Malice::OldSlowHeaders
            | Malice::OldPleaseWait
            | Malice::OldEndlessBody
            | Malice::OldEndlessChunk => b"http/1.1",
            _ => b"h2",
        }
    }
}

// === impl Hostile ===

impl Hostile {
    pub(crate) async fn start(malice: Malice) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tls, ca) = tls(malice);
        let tls = TlsAcceptor::from(Arc::new(tls));
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let serving = tokio::spawn(async move {
            let mut harming = tokio::task::JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                // Whatever it ends with: the other end has had enough.
                harming.spawn(harm(malice, tcp, tls.clone()));
                while harming.try_join_next().is_some() {}
            }
        });
        Self { address, ca, connections, serving }
    }

    /// How many connections were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Its authority, as a file in that folder.
    pub(crate) fn write_ca(&self, folder: &Path, name: &str) {
        std::fs::write(folder.join(name), &self.ca).unwrap();
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn tls(malice: Malice) -> (ServerConfig, String) {
    let authority = || {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (issuer, trusted) = (authority(), authority());
    let host = if malice == Malice::OtherHost { "other.example" } else { "127.0.0.1" };
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    if malice == Malice::Expired {
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap().der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = vec![malice.protocol().to_vec()];
    let ca = if malice == Malice::Stranger { trusted.pem() } else { issuer.pem() };
    (config, ca)
}

async fn harm(malice: Malice, mut tcp: TcpStream, tls: TlsAcceptor) -> io::Result<()> {
    match malice {
        Malice::Silence => return wait(tcp).await,
        Malice::NoTls => {
            tcp.write_all(&[b'x'; 4096]).await?;
            return wait(tcp).await;
        }
        Malice::OldTls => {
            let mut hello = vec![0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
            hello.extend([7; 32]);
            // No session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
            hello.extend([0, 0, 0x2f, 0]);
            tcp.write_all(&hello).await?;
            return wait(tcp).await;
        }
        _ => {}
    }
    let mut stream = tls.accept(tcp).await?;
    match malice {
        Malice::NoHttp => {
            stream.write_all(&[b'x'; 4096]).await?;
            wait(stream).await
        }
        _ if malice.protocol() == b"http/1.1" => harm_by_http1(malice, stream).await,
        _ => harm_by_http2(malice, stream).await,
    }
}

async fn harm_by_http1(malice: Malice, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let mut request = [0; FRAME_BYTES];
    if stream.read(&mut request).await? == 0 {
        return Ok(());
    }
    let begin = match malice {
        Malice::OldPleaseWait => "",
        Malice::OldEndlessBody | Malice::OldEndlessChunk => "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        _ => "HTTP/1.1 200 OK\r\n",
    };
    stream.write_all(begin.as_bytes()).await?;
    if malice == Malice::OldEndlessChunk {
        stream.write_all(b"1;").await?;
    }
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    for number in 0u64.. {
        let piece = match malice {
            Malice::OldSlowHeaders => {
                sleep(Duration::from_millis(100)).await;
                "x".to_owned()
            }
            Malice::OldPleaseWait => "HTTP/1.1 100 Continue\r\n\r\n".to_owned(),
            Malice::OldEndlessBody => chunk.clone(),
            Malice::OldEndlessChunk => "x".repeat(4096),
            _ => format!("x-{number}: {}\r\n", "x".repeat(100)),
        };
        stream.write_all(piece.as_bytes()).await?;
        stream.flush().await?;
    }
    Ok(())
}

async fn harm_by_http2(malice: Malice, stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let settings: &[u8] = match malice {
        Malice::NoStreams => &[0, MAX_CONCURRENT_STREAMS, 0, 0, 0, 0],
        Malice::NoWindow => &[0, INITIAL_WINDOW_SIZE, 0, 0, 0, 0],
        _ => &[0, MAX_CONCURRENT_STREAMS, 0, 0, 0, 100],
    };
    let mut peer = Peer::accept(stream, settings).await?;
    match malice {
        Malice::SettingsFlood => peer.flood(SETTINGS, 0, 0, &[0, 0x99, 0, 0, 0, 0]).await?,
        Malice::PingFlood => peer.flood(PING, 0, 0, &[7; 8]).await?,
        Malice::Goodbyes => {
            peer.flood(GOAWAY, 0, 0, &[&[0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0], &[b'x'; 16_000][..]].concat()).await?;
        }
        Malice::WindowOverflow => peer.flood(WINDOW_UPDATE, 0, 0, &0x7fff_ffff_u32.to_be_bytes()).await?,
        _ => {}
    }
    loop {
        let stream = peer.request().await?;
        match malice {
            Malice::EndlessHeaders => {
                peer.frame(HEADERS, 0, stream, &[STATUS_200]).await?;
                peer.flood(CONTINUATION, 0, stream, &field("x", 1000)).await?;
            }
            Malice::HugeHeaders => {
                peer.frame(HEADERS, 0, stream, &[STATUS_200]).await?;
                for last in (0..16).rev() {
                    let flags = if last == 0 { END_HEADERS } else { 0 };
                    peer.frame(CONTINUATION, flags, stream, &field("x", 16_000)).await?;
                }
            }
            Malice::EndlessBody => {
                peer.frame(HEADERS, END_HEADERS, stream, &[STATUS_200]).await?;
                peer.flood_data(stream).await?;
            }
            Malice::SlowBody => {
                peer.frame(HEADERS, END_HEADERS, stream, &[STATUS_200]).await?;
                loop {
                    sleep(Duration::from_millis(100)).await;
                    peer.frame(DATA, 0, stream, b" ").await?;
                }
            }
            Malice::Bomb => {
                let head = [&[STATUS_200][..], &field_of("content-encoding", "gzip")];
                peer.frame(HEADERS, END_HEADERS, stream, &head.concat()).await?;
                let bomb = bomb();
                let mut parts = bomb.chunks(FRAME_BYTES).peekable();
                while let Some(part) = parts.next() {
                    let flags = if parts.peek().is_none() { END_STREAM } else { 0 };
                    peer.frame(DATA, flags, stream, part).await?;
                }
            }
            Malice::Redirect(port) => {
                let to = field_of("location", &format!("https://127.0.0.1:{port}/elsewhere"));
                // `:status` with its name from the static table.
                let head = [&[0x08, 3, b'3', b'0', b'7'][..], &to].concat();
                peer.frame(HEADERS, END_HEADERS | END_STREAM, stream, &head).await?;
            }
            Malice::Promises => {
                let promised = (stream + 1).to_be_bytes();
                peer.flood(PUSH_PROMISE, END_HEADERS, stream, &[&promised[..], &[0x82, 0x87, 0x84]].concat()).await?;
            }
            _ => {}
        }
    }
}

// === impl Peer ===

impl<T: AsyncRead + AsyncWrite + Unpin> Peer<T> {
    async fn accept(mut stream: T, settings: &[u8]) -> io::Result<Self> {
        stream.read_exact(&mut [0; PREFACE_BYTES]).await?;
        let mut peer = Self(stream);
        peer.frame(SETTINGS, 0, 0, settings).await?;
        Ok(peer)
    }

    /// The stream of the next request; whatever else comes is passed over.
    async fn request(&mut self) -> io::Result<u32> {
        loop {
            let (kind, flags, stream) = self.next().await?;
            match kind {
                HEADERS => return Ok(stream),
                SETTINGS if flags & ACK == 0 => self.frame(SETTINGS, ACK, 0, &[]).await?,
                _ => {}
            }
        }
    }

    async fn next(&mut self) -> io::Result<(u8, u8, u32)> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await?;
        let [high, middle, low, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low)];
        self.0.read_exact(&mut payload).await?;
        Ok((kind, flags, u32::from_be_bytes(stream)))
    }

    async fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        self.0.write_all(&bytes_of(kind, flags, stream, payload)).await?;
        self.0.flush().await
    }

    /// The same frame as long as the other end takes it.
    async fn flood(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        let frames = bytes_of(kind, flags, stream, payload).repeat(FRAME_BYTES / (payload.len() + 9) + 1);
        loop {
            self.0.write_all(&frames).await?;
        }
    }

    /// A body without end, whether the other end has room for it or not.
    async fn flood_data(&mut self, stream: u32) -> io::Result<()> {
        let part = [b'x'; FRAME_BYTES];
        loop {
            self.frame(DATA, 0, stream, &part).await?;
            sleep(Duration::from_millis(1)).await;
        }
    }
}

fn bytes_of(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header field of that length, HPACK's literal without indexing.
fn field(name: &str, length: usize) -> Vec<u8> {
    field_of(name, &"v".repeat(length))
}

fn field_of(name: &str, value: &str) -> Vec<u8> {
    let mut field = vec![0, u8::try_from(name.len()).unwrap()];
    field.extend(name.as_bytes());
    // An integer with a prefix of seven bits (RFC 7541, section 5.1).
    match value.len() {
        length @ 0..127 => field.push(u8::try_from(length).unwrap()),
        length => {
            field.push(127);
            let mut rest = length - 127;
            while rest >= 128 {
                field.push(u8::try_from(rest % 128).unwrap() | 128);
                rest /= 128;
            }
            field.push(u8::try_from(rest).unwrap());
        }
    }
    field.extend(value.as_bytes());
    field
}

/// A gzip file of sixteen megabytes of zeros: one literal, then "the 258 bytes before again", thirteen bits each time.
fn bomb() -> Vec<u8> {
    let mut bits = vec![true, true, false];
    bits.extend([false, false, true, true, false, false, false, false]);
    for _ in 0..16 * 1024 * 1024 / 258 {
        bits.extend([true, true, false, false, false, true, false, true, false, false, false, false, false]);
    }
    bits.extend([false; 7]);
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    file.extend(bits.chunks(8).map(byte));
    file.extend([0; 8]);
    file
}

async fn wait(stream: impl AsyncRead + Unpin) -> io::Result<()> {
    let mut stream = stream;
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(drop)
}
