using System.Diagnostics;
using System.Net;
using System.Threading.Channels;
using GitLabPortal.Security;

namespace GitLabPortal.Tests.Benchmarks;

/// <summary>Makes loopback as slow as a network: connecting takes a round trip, and so does every answer.</summary>
internal sealed class LatentNetwork(TimeSpan roundTrip)
{
    private int connections;

    public int Connections => connections;

    public async Task<Stream> DialAsync(IPEndPoint endPoint, CancellationToken cancellation)
    {
        Interlocked.Increment(ref connections);
        await Task.Delay(roundTrip, cancellation);
        return new LatentStream(await OutboundGuard.DialAsync(endPoint, cancellation), roundTrip);
    }

    /// <summary>What arrives is handed on a round trip later, in order and without limiting how much is under way.</summary>
    private sealed class LatentStream : Stream
    {
        private readonly Stream inner;
        private readonly TimeSpan roundTrip;
        private readonly Channel<(byte[] Bytes, long At)> underWay = Channel.CreateUnbounded<(byte[], long)>();
        private ReadOnlyMemory<byte> rest;

        public LatentStream(Stream inner, TimeSpan roundTrip)
        {
            (this.inner, this.roundTrip) = (inner, roundTrip);
            _ = PumpAsync();
        }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (buffer.Length == 0) return 0;
            if (rest.IsEmpty)
            {
                if (!await underWay.Reader.WaitToReadAsync(cancellationToken)) return 0;
                var (bytes, at) = await underWay.Reader.ReadAsync(cancellationToken);
                var due = roundTrip - Stopwatch.GetElapsedTime(at);
                if (due > TimeSpan.Zero) await Task.Delay(due, cancellationToken);
                rest = bytes;
            }

            var taken = Math.Min(buffer.Length, rest.Length);
            rest[..taken].CopyTo(buffer);
            rest = rest[taken..];
            return taken;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }

        private async Task PumpAsync()
        {
            var buffer = new byte[64 * 1024];
            try
            {
                for (int read; (read = await inner.ReadAsync(buffer)) > 0;) underWay.Writer.TryWrite((buffer[..read], Stopwatch.GetTimestamp()));
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The connection is gone: what was under way still arrives.
            }

            underWay.Writer.TryComplete();
        }
    }
}
