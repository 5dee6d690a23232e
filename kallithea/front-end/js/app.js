// Comfort for pages that work without it: each part finds what it serves and does nothing where there is none.

import { makeTimesRelative, nameOwnZone } from "./times.js";
import { offerCopying } from "./copying.js";
import { showMore } from "./expanding.js";
import { openWhatIsLinked } from "./folding.js";
import { chooseLines } from "./lines.js";
import { offerWrapping } from "./wrapping.js";
import { submitOnChange } from "./forms.js";
import { findFiles } from "./finding.js";
import { listenForKeys } from "./keys.js";
import { shrinkPictures } from "./shrinking.js";
import { showCurrentTab } from "./tabs.js";
import { offerPasskeys } from "./passkeys.js";

makeTimesRelative(document);
nameOwnZone(document);
offerCopying(document);
showMore(document);
openWhatIsLinked(document);
chooseLines(document);
offerWrapping(document);
submitOnChange(document);
findFiles(document);
listenForKeys(document);
shrinkPictures(document);
showCurrentTab(document);
offerPasskeys(document);
