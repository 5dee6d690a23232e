// A chosen picture is cut to a square and made small before it is sent, so that any photo will do; turned as the camera says.

export function shrinkPictures(root) {
  for (const box of root.querySelectorAll("input[data-shrink]")) {
    box.addEventListener("change", async () => {
      const [file] = box.files;
      if (!file) return;
      try {
        const small = await shrunk(root, file, Number(box.dataset.shrink));
        const chosen = new DataTransfer();
        chosen.items.add(small);
        box.files = chosen.files;
      } catch {
        // What cannot be read here is left to the server, which says what is wrong with it.
      }
    });
  }
}

async function shrunk(root, file, size) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const side = Math.min(picture.width, picture.height);
  const canvas = root.createElement("canvas");
  canvas.width = canvas.height = Math.min(side, size);
  const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];
  canvas.getContext("2d").drawImage(picture, left, top, side, side, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return new File([blob], "picture.png", { type: "image/png" });
}
