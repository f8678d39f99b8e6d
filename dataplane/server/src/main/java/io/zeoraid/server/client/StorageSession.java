package io.zeoraid.server.client;

import io.zeoraid.protocol.Encoding;
import io.zeoraid.raid.ClientReply;

/**
 * Somebody who uses a storage over a connection: a ZEO client, or another ZEORaid server that
 * follows this one. Confined to the event loop.
 */
public interface StorageSession {

  /** Its number towards the decisions. */
  long number();

  /** How its messages are serialised. */
  Encoding encoding();

  /** Whether it is told of transactions, as ZEO clients are once they are registered. */
  boolean isRegistered();

  /** The answer to a request. */
  void answered(long request, ClientReply reply);

  /** Sends a whole frame that may be shared with other sessions. */
  void send(byte[] frame);

  /** Whether it takes in what is sent to it: if not, more of it would fill our memory. */
  boolean isWritable();

  /** Runs this when it {@link #isWritable} again; never if it is gone before. */
  void whenWritable(Runnable task);

  /** Ends the connection. */
  void drop(String why);
}
