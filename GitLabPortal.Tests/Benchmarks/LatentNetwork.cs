using System.Net;
using GitLabPortal.Security;

namespace GitLabPortal.Tests.Benchmarks;

/// <summary>Makes loopback as slow as a network: connecting takes a round trip, and so does every answer to what was sent.</summary>
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

    private sealed class LatentStream(Stream inner, TimeSpan roundTrip) : Stream
    {
        private volatile bool hasSent;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            if (!hasSent || buffer.Length == 0) return read;
            hasSent = false;
            await Task.Delay(roundTrip, cancellationToken);
            return read;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await inner.WriteAsync(buffer, cancellationToken);
            hasSent = true;
        }

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
    }
}
