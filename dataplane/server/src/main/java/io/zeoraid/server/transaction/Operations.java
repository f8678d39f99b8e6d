package io.zeoraid.server.transaction;

import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operations of a transaction as frames, in their order. Confined to the event loop. */
public interface Operations extends Iterator<byte[]> {

  /**
   * A frame that ends the blob that was begun and not ended yet; null if there is none. Without it
   * a stock server would close the connection at the next blob, and keep its commit lock (F1; an
   * assertion in {@code ZEO/StorageServer.py}, storeBlobStart).
   */
  byte @Nullable [] endOfBlob();

  /** These, encoded as they are wanted. */
  static Operations of(Iterator<Request> requests, Codec codec, long transaction) {
    return new Operations() {
      private boolean inBlob;

      @Override
      public boolean hasNext() {
        return requests.hasNext();
      }

      @Override
      public byte[] next() {
        Request operation = requests.next();
        inBlob =
            operation instanceof Request.StoreBlobStart
                || (inBlob && !(operation instanceof Request.StoreBlobEnd));
        return codec.encodeCall(0, operation);
      }

      @Override
      public byte @Nullable [] endOfBlob() {
        return inBlob
            ? codec.encodeCall(
                0, new Request.StoreBlobEnd(new Oid(0), Tid.NONE, new byte[0], transaction))
            : null;
      }
    };
  }

  /** Operations without blobs. */
  static Operations of(List<byte[]> frames) {
    Iterator<byte[]> all = frames.iterator();
    return new Operations() {
      @Override
      public boolean hasNext() {
        return all.hasNext();
      }

      @Override
      public byte[] next() {
        return all.next();
      }

      @Override
      public byte @Nullable [] endOfBlob() {
        return null;
      }
    };
  }
}
