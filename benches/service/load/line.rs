//! One keep-alive connection over which requests go as ready bytes: HTTP/1.1, no more of it than servers
//! under test use.

use std::{borrow::Cow, net::SocketAddr};

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A connection; opened when it is first needed, and again after the server closed it.
pub(crate) struct Line {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// What came back.
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    head: &'a [u8],
    body: Cow<'a, [u8]>,
}

/// Where an answer's parts are in the buffer.
struct Extent {
    head: usize,
    framing: Framing,
    closes: bool,
}

enum Framing {
    Length(usize),
    Chunked,
}

impl Line {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, buffer: Vec::with_capacity(8 * 1024) }
    }

    /// Sends a request and waits for its answer. A server may close a connection that was idle at any
    /// moment, so a request that nothing answered goes once more over a new one.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Reply<'_>> {
        let reused = self.stream.is_some();
        let extent = match self.exchange(request).await {
            Err(_) if reused && self.buffer.is_empty() => self.exchange(request).await?,
            other => other?,
        };
        if extent.closes {
            self.stream = None;
        }
        Reply::read(&self.buffer, &extent)
    }

    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Extent> {
        self.buffer.clear();
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connected(self.address).await?,
        };
        stream.write_all(request).await?;
        let extent = received(&mut stream, &mut self.buffer).await?;
        self.stream = Some(stream);
        Ok(extent)
    }
}

async fn connected(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).await.with_context(|| address.to_string())?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn received(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<Extent> {
    let mut extent = None;
    loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the server closed the connection after {} bytes", buffer.len());
        }
        if extent.is_none() {
            extent = Extent::read(buffer)?;
        }
        if let Some(found) = extent.take_if(|extent| extent.is_whole(buffer)) {
            return Ok(found);
        }
    }
}

impl Extent {
    /// None until the head is complete.
    fn read(buffer: &[u8]) -> anyhow::Result<Option<Self>> {
        let Some(end) = find(buffer, b"\r\n\r\n") else { return Ok(None) };
        let head = buffer.split_at(end + 2).0;
        let bodyless = head.starts_with(b"HTTP/1.1 204") || head.starts_with(b"HTTP/1.1 304");
        let framing = match header(head, b"content-length") {
            _ if bodyless => Framing::Length(0),
            Some(length) => Framing::Length(length.parse().context("content-length")?),
            None if header(head, b"transfer-encoding").is_some() => Framing::Chunked,
            None => bail!("an answer without a length: {}", String::from_utf8_lossy(head)),
        };
        let closes = header(head, b"connection").is_some_and(|it| it.eq_ignore_ascii_case("close"));
        Ok(Some(Self { head: end + 4, framing, closes }))
    }

    fn is_whole(&self, buffer: &[u8]) -> bool {
        match self.framing {
            Framing::Length(length) => buffer.len() >= self.head + length,
            Framing::Chunked => buffer.ends_with(b"\r\n0\r\n\r\n"),
        }
    }
}

impl<'a> Reply<'a> {
    fn read(buffer: &'a [u8], extent: &Extent) -> anyhow::Result<Self> {
        let (head, rest) = buffer.split_at(extent.head);
        let status = head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
        let status = status.and_then(|digits| digits.parse().ok()).context("no status line")?;
        let body = match extent.framing {
            Framing::Length(length) => Cow::Borrowed(rest.get(..length).context("a short body")?),
            Framing::Chunked => Cow::Owned(joined(rest).context("broken chunks")?),
        };
        Ok(Self { status, head, body })
    }

    /// The first header of this name, which is written in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name.as_bytes())
    }

    /// Every header of this name.
    pub(crate) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        lines(self.head).filter_map(move |line| value(line, name.as_bytes()))
    }

    pub(crate) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// An error with the beginning of the answer unless it has this status.
    pub(crate) fn expect(&self, status: u16) -> anyhow::Result<()> {
        if self.status == status {
            return Ok(());
        }
        let start: String = self.text().chars().take(300).collect();
        bail!("expected {status}, got {}: {start}", self.status)
    }

    /// A text member of a JSON object, without parsing the whole of it: what comes back is our own.
    pub(crate) fn member(&self, name: &str) -> anyhow::Result<String> {
        let body = self.text();
        let start = format!("\"{name}\":\"");
        let rest = body.split_once(start.as_str()).map(|(_, rest)| rest);
        let value = rest.and_then(|rest| rest.split_once('"')).map(|(value, _)| value.to_owned());
        value.with_context(|| format!("no {name} in {body}"))
    }
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|byte| *byte == b'\n').skip(1)
}

fn header<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a str> {
    lines(head).find_map(|line| value(line, name))
}

fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let (start, rest) = line.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b":").filter(|_| start.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(value).ok().map(str::trim)
}

fn find(buffer: &[u8], what: &[u8]) -> Option<usize> {
    buffer.windows(what.len()).position(|window| window == what)
}

fn joined(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = find(rest, b"\r\n")?;
        let size = std::str::from_utf8(rest.get(..end)?).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let start = end + 2;
        body.extend_from_slice(rest.get(start..start + size)?);
        rest = rest.get(start + size + 2..)?;
    }
}
