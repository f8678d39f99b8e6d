/** Where the membership record is kept. */
@NullMarked
package io.zeoraid.server.membership;

import org.jspecify.annotations.NullMarked;
