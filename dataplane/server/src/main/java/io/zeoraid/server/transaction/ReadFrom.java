package io.zeoraid.server.transaction;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Reads a file at a position of its own, so that several may read it at once. */
final class ReadFrom extends InputStream {
  private final FileChannel channel;
  private long position;

  /**
   * @param position where to begin
   */
  ReadFrom(FileChannel channel, long position) {
    this.channel = channel;
    this.position = position;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count = channel.read(ByteBuffer.wrap(bytes, offset, length), position);
    if (count > 0) {
      position += count;
    }
    return count;
  }
}
