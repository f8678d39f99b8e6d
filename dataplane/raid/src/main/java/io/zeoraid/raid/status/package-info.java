/** What a RAID says about itself to people, the operator, and metrics. */
@NullMarked
package io.zeoraid.raid.status;

import org.jspecify.annotations.NullMarked;
