package io.zeoraid.server.storage;

import io.zeoraid.raid.BlobPrint;
import io.zeoraid.server.backend.BlobSink;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Digests a blob as it comes, and keeps nothing of it. Confined to the event loop. */
final class BlobDigest implements BlobSink {
  private final MessageDigest digest;
  private long bytes;

  BlobDigest() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public void started() {}

  @Override
  public void chunk(byte[] chunk) {
    digest.update(chunk);
    bytes += chunk.length;
  }

  @Override
  public void stopped() {}

  /** To be asked for once. */
  @Override
  public @Nullable Object answer(@Nullable Object value) {
    return new BlobPrint(bytes, HexFormat.of().formatHex(digest.digest()));
  }

  @Override
  public boolean wantsMore() {
    return true;
  }

  @Override
  public void whenItWantsMore(Runnable task) {
    task.run();
  }
}
