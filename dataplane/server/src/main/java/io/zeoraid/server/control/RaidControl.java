package io.zeoraid.server.control;

import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.status.RaidStatus;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * What administrators and the operator may ask of this server; the gRPC service, health and metrics
 * know no more of it.
 *
 * <p>All methods may be called from any thread and never block. They take only names that {@link
 * #storages()} contains: the callers have checked; a storage that vanished since is refused. A
 * stage that is returned ends with a sentence for people, or exceptionally with a {@link
 * RefusedException}; any other exception is a defect and is reported as one. A method may also
 * throw the {@link RefusedException} right away.
 */
public interface RaidControl {

  /**
   * The names of the storages that this server has opened, in order; empty before it has started.
   */
  List<String> storages();

  /** What the storage says about itself now. It also proves that its event loop turns. */
  CompletionStage<RaidStatus> status(String storage);

  /**
   * Tells of the storage's status until it is closed: the present one at once (perhaps before this
   * method returns), then each change, in order. Calls may come from any thread, one after another.
   * The consumer returns quickly, throws nothing, and copes with any number of calls: it thins out
   * changes of mere numbers itself.
   *
   * @return ends it; closing twice does nothing, and a call under way may still end afterwards
   * @throws RefusedException at once, if there is no such storage
   */
  Watch watch(String storage, Consumer<RaidStatus> onChange);

  /** Takes a backend out; ends once the membership record says so. */
  CompletionStage<String> disable(String storage, BackendName backend);

  /** Brings a backend back; ends once its recovery has begun. */
  CompletionStage<String> recover(String storage, BackendName backend);

  /** Reads the configuration file anew; ends once the changes are in force. */
  CompletionStage<String> reload(String storage);

  /**
   * Packs one backend after another; ends when the last one has packed, which may take hours.
   *
   * @param progress told, in words, what has just happened; returns quickly and throws nothing
   */
  CompletionStage<String> pack(String storage, PackWish wish, Consumer<String> progress);

  /**
   * Compares what backends hold; ends when all is compared and equal. Whatever differs, or can't be
   * compared, is a refusal that says so.
   *
   * @param backends none for all that are in sync
   * @param progress told, in words, how far it is; returns quickly and throws nothing
   */
  CompletionStage<String> verify(
      String storage, List<BackendName> backends, Consumer<String> progress);

  /** Ends the telling of {@link #watch}. */
  interface Watch extends AutoCloseable {
    @Override
    void close();
  }
}
