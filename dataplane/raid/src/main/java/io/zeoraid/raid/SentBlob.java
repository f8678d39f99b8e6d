package io.zeoraid.raid;

import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.Tid;

/**
 * R5, Browse: {@code sendBlob}. A blob goes to the client while it comes from a backend, past the
 * decisions. If the backend is lost on the way, another one sends it too, and the client gets what
 * it has not got yet: the blob of a revision never changes. A blob that is not announced is not
 * there.
 */
final class SentBlob {
  private SentBlob() {}

  static void send(Browser browser, Request.SendBlob what) {
    Oid oid = what.oid();
    Tid serial = what.serial();
    if (serial.isAfter(browser.raid.announcements.last())) {
      browser.fail(Errors.noBlob("No blob file for " + oid + " of " + serial, oid, serial));
    } else {
      browser.withLink(link -> browser.pass(link, what));
    }
  }
}
