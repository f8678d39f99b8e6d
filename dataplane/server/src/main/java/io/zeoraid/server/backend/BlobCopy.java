package io.zeoraid.server.backend;

import io.zeoraid.protocol.Request;

/**
 * Passes a blob on from one backend to another as it comes, as {@code ClientStorage.storeBlob}
 * would store it. Confined to the event loop.
 */
final class BlobCopy implements BlobSink {
  private final BackendConnection to;
  private final Request.StoreBlobEnd end;

  /**
   * @param end with the record that the blob belongs to
   */
  BlobCopy(BackendConnection to, Request.StoreBlobEnd end) {
    this.to = to;
    this.end = end;
  }

  @Override
  public void started() {
    to.storeBlob(new Request.StoreBlobStart());
  }

  @Override
  public void chunk(byte[] bytes) {
    to.storeBlob(new Request.StoreBlobChunk(bytes));
  }

  @Override
  public void stopped() {
    to.storeBlob(end);
  }

  @Override
  public boolean wantsMore() {
    return to.isWritable();
  }

  @Override
  public void whenItWantsMore(Runnable task) {
    to.whenWritable(task);
  }
}
