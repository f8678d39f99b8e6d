package io.zeoraid.server.cli;

import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;

/** Serves nothing. */
@Alternative
@Singleton
public class FakeStorageServer implements StorageServer {

  @Override
  public void start(ServeOptions options) {}

  @Override
  public void stop() {}
}
